"""Dashboard templates in memory: the twin of postgres_templates."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.query_ports import Audit, AuditEntry, Page
from storage.template_rows import check_template
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import DashboardTemplate, TemplateCreate

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryTemplates:
    """The port `Templates`. Its records are immutable, so it hands out what it keeps."""

    def __init__(self, audit: Audit | None = None) -> None:
        """`audit`: where entries go; without one they are dropped."""
        self._templates: dict[UUID, DashboardTemplate] = {}
        self._audit = audit

    async def create_template(
        self,
        template: TemplateCreate,
        template_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate:
        found = self._templates.get(template_id) if template_id else None
        if found is not None:
            return found
        created = _with_identity(template, template_id or uuid4(), FIRST)
        await self._record(entry)
        self._templates[created.id] = created
        return created

    async def template(self, template_id: UUID) -> DashboardTemplate | None:
        return self._templates.get(template_id)

    async def templates(
        self,
        *,
        category: str | None = None,
        public_only: bool = True,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardTemplate]:
        checked_limit(limit)
        key = decode_cursor("templates", after, str, UUID)
        found = [
            template
            for template in sorted(self._templates.values(), key=_key)
            if category in (None, template.category)
            and (template.is_public or not public_only)
            and (after is None or _key(template) > key)
        ]
        return page_of("templates", found, limit, _key)

    async def replace_template(
        self,
        template_id: UUID,
        template: TemplateCreate,
        expected: DashboardTemplate | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate | None:
        old = self._templates.get(template_id)
        if old is None:
            return None
        check_template(expected, old)
        await self._record(entry)
        self._templates[template_id] = _with_identity(template, old.id, old.created_at)
        return self._templates[template_id]

    async def delete_template(self, template_id: UUID, entry: AuditEntry | None = None) -> bool:
        if template_id not in self._templates:
            return False
        await self._record(entry)
        del self._templates[template_id]
        return True

    async def _record(self, entry: AuditEntry | None) -> None:
        if entry is not None and self._audit is not None:
            await self._audit.record(entry)


def _with_identity(
    template: TemplateCreate, template_id: UUID, created_at: datetime
) -> DashboardTemplate:
    fields = {name: getattr(template, name) for name in TemplateCreate.model_fields}
    return DashboardTemplate(id=template_id, created_at=created_at, **fields)


def _key(template: DashboardTemplate) -> tuple[str, UUID]:
    return template.name, template.id
