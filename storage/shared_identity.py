"""What gateways know and tell of identity together, beside PostgreSQL. All of it may be lost: then
things are slower, and nothing is wrong.
"""

from dataclasses import dataclass

from storage.cache_service import Cache
from storage.notices import Notices
from storage.rate_counts import RateCounts
from storage.session_index import SessionIndex


@dataclass(frozen=True, slots=True)
class SharedIdentity:
    cache: Cache
    notices: Notices
    index: SessionIndex
    rates: RateCounts
