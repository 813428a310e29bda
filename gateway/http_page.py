"""The page at `/about`: what this is and where to connect. No script, no further request."""

from html import escape
from string import Template
from typing import Final

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weft</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2433; --soft: #66708a; --line: #d9deea;
          --paper: #fbfbfd; --thread: #3b6ef5; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8ebf4; --soft: #98a2bd; --line: #2c3448; --paper: #131722; --thread: #7fa2ff; }
  }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; color: var(--ink);
         background: var(--paper); font: 16px/1.6 system-ui, sans-serif; }
  main { max-width: 34rem; padding: 2rem; }
  svg { width: 4.5rem; height: 4.5rem; stroke: var(--thread); }
  h1 { margin: .5rem 0 0; font-size: 2.2rem; letter-spacing: -.02em; }
  p { color: var(--soft); margin: .25rem 0 1.5rem; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .6rem 1.5rem; margin: 0;
       border-top: 1px solid var(--line); padding-top: 1.5rem; }
  dt { color: var(--soft); } dd { margin: 0; }
  code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
  a { color: var(--thread); }
</style>
</head>
<body>
<main>
  <svg viewBox="0 0 24 24" fill="none" stroke-width="1.6" stroke-linecap="round" aria-hidden="true">
    <path d="M5 3v18M12 3v18M19 3v18" opacity=".35"/>
    <path d="M2 7c5-3 5 3 10 0s5-3 10 0M2 12c5 3 5-3 10 0s5 3 10 0M2 17c5-3 5 3 10 0s5-3 10 0"/>
  </svg>
  <h1>Weft</h1>
  <p>Live dashboards: every edit merged, durable, and on every screen.</p>
  <dl>
    <dt>Gateway</dt><dd><code>$gateway_id</code></dd>
    <dt>WebSocket</dt><dd><code>$ws_url</code></dd>
    <dt>Health</dt><dd><a href="/health">/health</a> · <a href="/ready">/ready</a></dd>
    <dt>HTTP API</dt><dd><a href="/openapi.json">/openapi.json</a></dd>
  </dl>
</main>
</body>
</html>
""")


def page(gateway_id: str, ws_url: str) -> str:
    return _PAGE.substitute(gateway_id=escape(gateway_id), ws_url=escape(ws_url))
