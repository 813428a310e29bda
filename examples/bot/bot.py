"""A bot that keeps a chart current: live data twice a second, and a title when it is noteworthy.

    python bot.py ws://127.0.0.1:8765 TOKEN DASHBOARD_ID [READINGS]

Live data is on every screen at once, and no history keeps it: it may come fifty times a second. The
title is an edit like a person's: it is in the log, and undoing it is everybody's right.
"""

import asyncio
import sys
import time
from collections import deque
from itertools import count

import weft

LABELS = [f"{seconds} s" for seconds in range(-9, 1)]
CHART = {
    "type": "chart",
    "title": "Load",
    "position": {"x": 0, "y": 0, "width": 6, "height": 6},
    "config": {"chartType": "line"},
    "data": {"labels": LABELS, "series": [{"name": "CPU %", "values": []}]},
}


def the_chart(board: weft.Board) -> str:
    """The one that an earlier life of the bot has made, or a new one."""
    for widget_id in board.document.widget_ids():
        if board.document.value_at(widget_id, ("type",)) == "chart":
            return widget_id
    return board.add_widget(CHART)


async def main(url: str, token: str, dashboard_id: str, readings: str = "0") -> None:
    async with weft.connect(url, token, client="load-bot") as client:
        board = await client.join(dashboard_id)
        chart = the_chart(board)
        await board.saved()
        values: deque[float] = deque(maxlen=len(LABELS))
        for number in range(int(readings)) if int(readings) else count():
            before, began = time.process_time(), time.monotonic()
            await asyncio.sleep(0.5)
            percent = 100 * (time.process_time() - before) / (time.monotonic() - began)
            values.append(round(percent, 2))
            series = [{"name": "CPU %", "values": list(values)}]
            board.feed(chart, {"labels": LABELS[-len(values) :], "series": series})
            if number == 0:
                board.set(chart, "title", f"Load of the bot, since {time.strftime('%H:%M')}")
        await board.saved()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
