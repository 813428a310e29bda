"""What the HTTP API works with, handed to it whole: nothing in it is looked up behind its back."""

import time
from dataclasses import dataclass, field

from gateway.authentication import Authenticator
from gateway.feeds_loop import Feeds
from gateway.moving_loop import LinkedMover
from gateway.owner_edits import OwnerEdits
from gateway.presence_loop import PresenceService
from gateway.rate_limit import RateLimiter
from storage.delivery_ports import IdempotencyKeys, Outbox, Webhooks
from storage.identity_cache import IdentityCache
from storage.identity_ports import IdentityStores
from storage.notices import Notices
from storage.ports import Directory, OperationLog
from storage.query_ports import Audit, Queries, Templates
from weft.models import SEED_WIDGET_TYPES, WidgetTypes
from weft.models.address import Network


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class ApiStores:
    """PostgreSQL, by port. A change of identity must be known everywhere when it returns."""

    identity: IdentityStores
    queries: Queries
    log: OperationLog
    audit: Audit
    templates: Templates
    keys: IdempotencyKeys
    webhooks: Webhooks
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class HttpSurroundings:
    gateway_id: str
    ws_url: str
    admin_key: str = field(repr=False)
    authenticator: Authenticator
    stores: ApiStores
    seen: IdentityCache  # for the eye, never to decide by
    limiter: RateLimiter
    notices: Notices
    directory: Directory
    edits: OwnerEdits
    mover: LinkedMover
    presence: PresenceService
    feeds: Feeds
    widget_types: WidgetTypes = SEED_WIDGET_TYPES
    trusted_proxies: tuple[Network, ...] = ()
    public_ws_url: str | None = None  # None: where the page came from
    allowed_origins: tuple[str, ...] = ()  # of pages that may call, and show the live app
    demo_users: tuple[str, ...] = ()  # may be signed in with one click
