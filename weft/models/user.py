"""People, as the host product tells of them: the seed's `User`, and what others see of one."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import EMAIL_MAX_CHARACTERS, FULL_NAME_MAX_CHARACTERS, USERNAME_MAX_CHARACTERS
from weft.models.field import Flag, Instant, Storable, WebUrl
from weft.models.json_content import JsonObject
from weft.models.record import Kept, Patch, Record

# Whether an address receives mail is for the host product to know; this refuses what cannot.
Email = Annotated[
    str,
    Field(strict=True, max_length=EMAIL_MAX_CHARACTERS, pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$"),
    Storable,
]
Username = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=USERNAME_MAX_CHARACTERS, pattern=r"^\S(.*\S)?$"),
    Storable,
]
FullName = Annotated[str, Field(strict=True, max_length=FULL_NAME_MAX_CHARACTERS), Storable]


class UserProfile(Record):
    """What others on a dashboard see (`cache:user:{userId}`)."""

    id: UUID
    username: Username
    full_name: FullName | None = None
    avatar_url: WebUrl | None = None


class User(Record):
    id: UUID
    email: Email
    username: Username
    full_name: FullName | None = None
    avatar_url: WebUrl | None = None
    created_at: Instant
    updated_at: Instant
    last_seen_at: Instant | None = None
    is_active: Flag = True
    metadata: JsonObject = Field(default_factory=dict)

    def profile(self) -> UserProfile:
        return UserProfile(
            id=self.id,
            username=self.username,
            full_name=self.full_name,
            avatar_url=self.avatar_url,
        )


class UserCreate(Record):
    email: Email
    username: Username
    full_name: FullName | None = None
    avatar_url: WebUrl | None = None
    metadata: JsonObject = Field(default_factory=dict)


class UserPatch(Patch):
    email: Kept[Email] = None
    username: Kept[Username] = None
    full_name: FullName | None = None
    avatar_url: WebUrl | None = None
    is_active: Kept[Flag] = None
    metadata: Kept[JsonObject] = None
