"""Law 6 begins with who asks: a token that nobody here knows may be a plug-in's.

Such a token opens a session of its own when it is first seen, as a signed one does: it is found by
its hash from then on, listed and revoked like any other, and revoked it stays.
"""

from gateway.authentication import Authenticator, Origin, hash_of
from storage.identity_ports import Sessions
from storage.ports import SessionUser
from weft.errors import WeftError
from weft.limits import SESSION_TTL_MAX_SECONDS
from weft.models import DeviceInfo, SessionCreate
from weft.plugins import Identity
from weft.plugins.plugin_service import Plugins


class PluginTokens:
    """The port `Authenticator`: another one, and plug-ins for whom it does not know."""

    def __init__(self, known: Authenticator, sessions: Sessions, plugins: Plugins) -> None:
        self._known = known
        self._sessions = sessions
        self._plugins = plugins

    async def user_of(self, token: str, origin: Origin) -> SessionUser:
        """Raises WeftError plugin_unavailable beside the port's own."""
        try:
            return await self._known.user_of(token, origin)
        except WeftError as error:
            if error.code != "unauthenticated":
                raise
            unknown = error
        address = str(origin.address) if origin.address else None
        try:
            identity = await self._plugins.authenticate(token, address)
        except WeftError as error:
            if error.code != "refused":
                raise
            raise WeftError("unauthenticated", error.message) from None
        if identity is None:
            raise unknown
        await self._open_session(identity, token, origin)
        user = await self._sessions.find_session(hash_of(token))
        if user is None:  # the session was revoked
            raise unknown
        return user

    async def _open_session(self, identity: Identity, token: str, origin: Origin) -> None:
        session = SessionCreate(
            user_id=identity.user_id,
            device_info=DeviceInfo(user_agent=origin.user_agent),
            ip_address=origin.address,
            ttl_seconds=min(max(1, identity.ttl_seconds), SESSION_TTL_MAX_SECONDS),
        )
        try:
            await self._sessions.open_session(session, hash_of(token), origin.actor(None))
        except WeftError as error:
            if error.code == "not_found":
                message = "A plug-in knows the token, but its user is no active one here."
                raise WeftError("unauthenticated", message) from None
            if error.code != "conflict":  # somebody was faster, or it is over
                raise
