"""A gateway whose setting names a product's page, as that page meets it.

What the setting makes of policy and `app.json` is put in their place on the way, since the ports of
a test are not known when its system starts.
"""

from playwright.async_api import Page, Route


async def allow(page: Page, url: str, product: str, *, believed: str | None = None) -> None:
    """`product` may show the live app of `url`, and is believed, or the origin `believed` is."""

    async def serve(route: Route) -> None:
        answer = await route.fetch()
        policy = f"frame-ancestors {product}"
        headers = {"content-type": "text/html", "content-security-policy": policy}
        await route.fulfill(body=await answer.text(), headers=headers)

    async def name_origins(route: Route) -> None:
        told = await (await route.fetch()).json()
        await route.fulfill(json={**told, "embedOrigins": [believed or product]})

    await page.route(f"{url}/d/*", serve)
    await page.route(f"{url}/app.json", name_origins)
