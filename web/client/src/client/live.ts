/**
 * Live data as a client holds it: the latest value of each widget, whatever came in between.
 *
 * Outside the document: no edit changes it, and it has no version. Pure.
 */

import type { JsonObject } from "../ot/operation.ts";
import type { Live } from "../wire/messages.ts";
import type { ShowLive } from "./instructions.ts";

/** What a feed has given a widget last; `at` in ms since epoch. */
export interface LiveValue {
  readonly at: number;
  readonly value: JsonObject;
}

export class LiveValues {
  readonly #latest = new Map<string, Live>();
  /** Another map with each change, so that it can be compared by identity. */
  values: ReadonlyMap<string, LiveValue> = new Map();

  /** Take over what is newer; whether anything was. What is not told `anew` is gone. */
  follow({ values, anew }: ShowLive): boolean {
    if (anew) this.#latest.clear();
    const news = Object.entries(values).filter(([widgetId, live]) => this.#isNews(widgetId, live));
    if (news.length === 0 && !(anew && this.values.size > 0)) return false;
    const next = new Map(anew ? [] : this.values);
    for (const [widgetId, live] of news) {
      this.#latest.set(widgetId, live);
      if (live.value === undefined) next.delete(widgetId);
      else next.set(widgetId, { at: live.at, value: live.value as JsonObject });
    }
    this.values = next;
    return true;
  }

  /** What a gateway has kept for a slow reader may be older than what `joined` brought. */
  #isNews(widgetId: string, live: Live): boolean {
    const held = this.#latest.get(widgetId);
    return held === undefined || live.at > held.at;
  }
}
