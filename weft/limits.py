"""Every limit of Weft, named, with its unit last, and why it has this value.

Law 7, bad input is answered, needs a bound on all that arrives; law 9, the slow pay alone,
on all that waits. Standard library only.
"""

from typing import Final

# --- the frame -------------------------------------------------------------------------------
FRAME_MAX_BYTES: Final = 1_048_576  # one submission fits; a larger one is a bulk import
JSON_MAX_DEPTH: Final = 64  # nesting of any value; far below every parser's own limit
INTEGER_MAX: Final = 2**53 - 1  # what a browser holds exactly
KEY_MAX_CHARACTERS: Final = 200  # of one key or path segment
FORBIDDEN_KEYS: Final = frozenset({"__proto__", "constructor", "prototype"})

# --- one submission --------------------------------------------------------------------------
OPERATIONS_MAX_PER_SUBMISSION: Final = 500  # a paste of many widgets; bounds the owner's grid
PATH_MAX_SEGMENTS: Final = 32
IN_FLIGHT_MAX_PER_REPLICA: Final = 1  # per dashboard; the rest waits compacted in the client

# --- the document (what the tables can hold) ---------------------------------------------------
TITLE_MAX_CHARACTERS: Final = 255  # dashboards.title and widgets.title
WIDGET_TYPE_MAX_CHARACTERS: Final = 100  # widgets.type
DESCRIPTION_MAX_CHARACTERS: Final = 100_000
WIDGETS_MAX_PER_DASHBOARD: Final = 2_000
DOCUMENT_MAX_BYTES: Final = 33_554_432  # 32 MiB as JSON; a checkpoint row stays one row
TEXT_MAX_CHARACTERS: Final = 4_194_304  # of one text

# --- history ---------------------------------------------------------------------------------
HISTORY_MAX_VERSIONS: Final = 2_000  # kept in the owner's memory; a base below it must rebase
HISTORY_REOPEN_VERSIONS: Final = 200  # at least so many are known to who has just taken over
HISTORY_MAX_BYTES: Final = 67_108_864  # the same window when submissions are large
TRANSFORM_MAX_PAIRS: Final = 10_000  # of one submission: 40 ms at most, which everybody waits for
SNAPSHOT_REUSE_VERSIONS: Final = 200  # an encoded snapshot serves joins until it is so far behind
SNAPSHOT_PART_MAX_CHARACTERS: Final = 131_072  # of JSON text; a larger state is sent in parts
SNAPSHOT_PARTS_AHEAD: Final = (
    4  # sent before the first is read: 1 MB a round trip, or somewhat less
)
SNAPSHOTS_MAX_HELD: Final = 3  # encoded, of one dashboard, while somebody still reads one
TAIL_MAX_BYTES: Final = 4_194_304  # of operations; above it a join sends a snapshot, if it may
TAIL_MAX_VERSIONS: Final = 1_000  # one page of operations; above it a join sends a snapshot
CHECKPOINT_EVERY_VERSIONS: Final = 500  # bounds what opening replays
CHECKPOINT_EVERY_SECONDS: Final = 30.0  # bounds how stale the widgets rows are under edits
CHECKPOINT_RETRY_SECONDS: Final = 5.0  # after one that could not be written
UNLOAD_AFTER_SECONDS: Final = 60.0  # an idle dashboard leaves the owner's memory
UNREADABLE_REST_SECONDS: Final = 10.0  # what could not be opened is not read again for so long

# --- the socket ------------------------------------------------------------------------------
HELLO_TIMEOUT_SECONDS: Final = 10.0  # a socket that does not say hello is closed
HANDSHAKE_MAX_BYTES: Final = 65_536  # a request to become a socket: cookies and a proxy's headers
HELLO_MAX_BYTES: Final = 65_536  # of a frame before `welcome`: a token, however it is escaped
REAUTHENTICATE_AHEAD_SECONDS: Final = 60.0  # a token's end is told, or half its life before it
PING_INTERVAL_SECONDS: Final = 20.0
DASHBOARDS_MAX_PER_CONNECTION: Final = 100
CONNECTIONS_MAX_PER_GATEWAY: Final = 20_000  # sockets, and as many of HTTP
CONNECTIONS_MAX_PER_ADDRESS: Final = 5_000  # an office, or a load test, behind one address
UNKNOWN_MAX_PER_GATEWAY: Final = 2_000  # before hello; then who has waited longest makes room
OUTGOING_MAX_BYTES: Final = 2_097_152  # waiting for one reader; beyond it the reader resumes
OUTGOING_OVERHEAD_BYTES: Final = 1_024  # of each frame that waits: 770 measured, beside its bytes
INCOMING_MAX_FRAMES: Final = 4  # read ahead of one client; then TCP makes it wait
INCOMING_MAX_PER_TURN: Final = 8  # messages of one client, then others have their turn: some 0.5 ms
MALFORMED_MAX_PER_CONNECTION: Final = 100  # refused frames cost more than good ones
CLOSE_TIMEOUT_SECONDS: Final = 2.0  # for a client to answer a close; then the socket is cut
GOAWAY_SPREAD_MS: Final = 2_000  # reconnects after a stop are spread over so long
READINESS_TIMEOUT_SECONDS: Final = 2.0  # for each thing that a gateway needs
RECORDS_MAX_WAITING: Final = 10_000  # directory entries not yet written; more are dropped

# --- the way from a gateway to an owner --------------------------------------------------------
OWNER_WAIT_MAX_SECONDS: Final = 5.0  # for an owner to appear; longer than a heartbeat lives
OWNER_RETRY_FIRST_SECONDS: Final = 0.05  # between two looks, doubling up to the next
OWNER_RETRY_MAX_SECONDS: Final = 0.5
OWNERS_LEARNED_EVERY_SECONDS: Final = 30.0  # all of them, by a gateway that finds its way without
OWNER_MOVES_MAX: Final = 3  # followed for one join
OWNER_UNAVAILABLE_RETRY_MS: Final = 250  # what a client is told to wait; it adds jitter
LINK_OPEN_TIMEOUT_SECONDS: Final = 2.0
LINK_PING_INTERVAL_SECONDS: Final = 1.0
LINK_PING_TIMEOUT_SECONDS: Final = 2.5  # later than the end of the heartbeat of who stands still
LINK_CLOSE_TIMEOUT_SECONDS: Final = 0.5  # for the other end to answer; nothing is lost with a link
# An owner that vanishes without a word, or stands still, is found within the sum of the three.
LINK_NOTICED_SECONDS: Final = (
    LINK_PING_INTERVAL_SECONDS + LINK_PING_TIMEOUT_SECONDS + LINK_CLOSE_TIMEOUT_SECONDS
)

REGRANT_TIMEOUT_SECONDS: Final = 2.0  # of an owner told of changed grants; then it is fenced
REGRANTS_MAX_AT_ONCE: Final = 32  # of one gateway; a user may share a thousand dashboards
FENCE_ATTEMPTS: Final = 5  # others may raise the epoch at the same time

# --- the commit ------------------------------------------------------------------------------
COMMIT_MAX_SUBMISSIONS: Final = 1_000  # of one group commit: 26 ms on the measured machine
COMMIT_MAX_BYTES: Final = 16_777_216  # of one group commit, unless a single submission is larger
COMMIT_GATHER_SECONDS: Final = 0.001  # wait for those who came together lately; uvloop counts in ms
COMMIT_GATHER_FROM: Final = 4  # submissions that came together; fewer are not waited for
COMMIT_RETRY_MIN_SECONDS: Final = 0.05  # while PostgreSQL does not answer, doubling up to the next
COMMIT_RETRY_MAX_SECONDS: Final = 2.0
STORAGE_TIMEOUT_SECONDS: Final = 30.0  # of connecting, and of any statement but the commit
ROW_LOCK_TIMEOUT_SECONDS: Final = 2  # in PostgreSQL; then it counts as not answering
COMMIT_TIMEOUT_SECONDS: Final = 10.0  # then the commit is ambiguous, and settled

# --- the client --------------------------------------------------------------------------------
RECONNECT_FIRST_SECONDS: Final = 0.25  # the first wait after a cut, at most; then it doubles
RECONNECT_QUICK_MAX_SECONDS: Final = 1.0  # while a process may just be restarted, which takes 3 s
RECONNECT_QUICK_ATTEMPTS: Final = 10  # at that pace; then waits double again up to the next
RECONNECT_MAX_SECONDS: Final = 15.0  # so a server that returns is not met by everyone at once
JOIN_PATIENCE_ATTEMPTS: Final = 5  # until an answer that makes no sense is taken for the truth
OPEN_TIMEOUT_SECONDS: Final = 10.0  # TCP, TLS and WebSocket handshake
ANSWER_TIMEOUT_SECONDS: Final = 4.0  # for any word after something was said; as long for a pong
ANSWER_TIMEOUT_DOUBLINGS_MAX: Final = 3  # by who has left in vain: a frame may take 64 s to come
SILENCE_FORGOTTEN_SECONDS: Final = 120.0  # a socket that lasted longer was no slow network
CLOSE_SAVE_TIMEOUT_SECONDS: Final = 5.0  # `close()` waits so long for what is not saved yet
EDIT_MAX_BYTES: Final = FRAME_MAX_BYTES - 1_024  # of one edit or batch; the rest is the envelope
SUBMISSION_TARGET_BYTES: Final = 524_288  # what waits is compacted into one submission up to here
SUBMISSION_TARGET_OPERATIONS: Final = 50  # and up to here: over 200 others' edits of one widget
NOTICES_MAX: Final = 100  # open ones of one replica; the oldest goes
OWN_WRITES_MAX: Final = 300  # of one replica, watched for a concurrent overwrite

# --- the directory ---------------------------------------------------------------------------
HEARTBEAT_EVERY_SECONDS: Final = 1.0
REPORT_EVERY_SECONDS: Final = 1.0
REPORT_TTL_SECONDS: Final = 5.0  # a member that has told nothing for so long is not shown any more
HOT_DASHBOARDS_MAX: Final = 20  # told of one owner
LOAD_HALF_LIFE_SECONDS: Final = 5.0  # of the rates that balance goes by
MOVE_TIMEOUT_SECONDS: Final = 10.0  # of a move that somebody waits for
DIRECTORY_TIMEOUT_SECONDS: Final = 2.0  # of any answer from Redis; the work goes on without it
DIRECTORY_REST_SECONDS: Final = 1.0  # a Redis that has just not answered in time is left alone
HEARTBEAT_TTL_SECONDS: Final = 3.0  # an owner silent for so long is taken over, a gateway swept
SWEEP_BATCH_CONNECTIONS: Final = 500  # of a gateway that is gone, in one script: some ms of Redis

# --- the owner ---------------------------------------------------------------------------------
FENCE_TIMEOUT_SECONDS: Final = 2.6  # of that question: one unanswered is all of the next patience
LOG_PATIENCE_SECONDS: Final = 3.0  # as long as a heartbeat: who cannot commit is as good as dead
EPOCH_STEP_SHUT_OUT: Final = 1_048_576  # by changed grants; an opening, or a settled commit, is one
TAKEN_OVER_REST_SECONDS: Final = 5.0  # without Redis a dashboard that was lost is not taken back
FENCE_CHECK_SECONDS: Final = 0.5  # law 6: within twice that an owner that was fenced lets go
TICK_EVERY_SECONDS: Final = 1.0  # how finely an owner's dashboards see time
DRAIN_MOVES_AT_ONCE: Final = 32  # of an owner that leaves: more would only wait for each other
DRAIN_LOOK_SECONDS: Final = 0.01
STOP_TIMEOUT_SECONDS: Final = 10.0  # for the last commits and checkpoints of an owner being stopped
LINK_HELLO_TIMEOUT_SECONDS: Final = 5.0
LINK_LOSSY_MAX_PER_MESSAGE: Final = 16  # live values, or frames of them: what one turn takes
LINK_MESSAGE_MAX_BYTES: Final = 1_048_576  # of one batch of lines, unless a single line is larger
LINK_OUTGOING_MAX_BYTES: Final = 268_435_456  # waiting for one gateway; beyond it the link is cut

# --- users, sessions, sharing, audit (what the tables can hold) ----------------------------------
EMAIL_MAX_CHARACTERS: Final = 255  # users.email
USERNAME_MAX_CHARACTERS: Final = 100  # users.username
FULL_NAME_MAX_CHARACTERS: Final = 255  # users.full_name
URL_MAX_CHARACTERS: Final = 500  # users.avatar_url, dashboard_templates.thumbnail_url
TEMPLATE_CATEGORY_MAX_CHARACTERS: Final = 100  # dashboard_templates.category
AUDIT_ACTION_MAX_CHARACTERS: Final = 100  # audit_logs.action
AUDIT_ENTITY_TYPE_MAX_CHARACTERS: Final = 50  # audit_logs.entity_type
USER_AGENT_MAX_CHARACTERS: Final = 1_000  # TEXT in the table; real ones stay below 500
DEVICE_FIELD_MAX_CHARACTERS: Final = 100  # platform, browser, version of a device
SESSION_TTL_SECONDS: Final = 86_400  # when the host product does not say
SESSION_TTL_MAX_SECONDS: Final = 7_776_000  # 90 days; longer is a leaked token's best friend
PERMISSIONS_MAX_PER_COLLABORATOR: Final = 100  # 20 cells, a few conditions each
WIDGET_TYPES_MAX_PER_PERMISSION: Final = 50
NETWORKS_MAX_PER_PERMISSION: Final = 50  # looked through one by one on every decision

# --- widgets and presence ----------------------------------------------------------------------
WIDGET_URL_MAX_CHARACTERS: Final = 2_048  # what every browser and proxy takes
IMAGE_DATA_URL_MAX_CHARACTERS: Final = 65_536  # an icon: it is stored in every checkpoint
COLOR_MAX_CHARACTERS: Final = 64
TABLE_COLUMNS_MAX: Final = 500
CHART_SERIES_MAX: Final = 1_000
ELEMENT_ID_MAX_CHARACTERS: Final = 200  # of what a cursor or selection points at
SELECTION_RANGES_MAX: Final = 100  # of one connection
PRESENCE_MAX_BYTES: Final = 4_096  # of what one connection says of itself; everyone is sent it
PRESENCE_HISTORY_VERSIONS: Final = 128  # through which a client moves cursors; older ones resend
PRESENCE_TICK_SECONDS: Final = 1 / 30  # one frame per dashboard and tick; faster no eye sees
PRESENCE_SHARE: Final = 0.2  # of a gateway's time at most; then ticks come more slowly
PRESENCE_FRAME_MAX_BYTES: Final = 65_536  # of changes in one frame; more waits for the next
PRESENCE_WAITING_MAX_BYTES: Final = 65_536  # a reader with more is told when it has drained
PRESENCE_ROSTER_WAIT_SECONDS: Final = 0.25  # that a join waits for who is there; then it goes on
PRESENCE_BEAT_SECONDS: Final = 2.0  # law 8: how often a gateway says that its people are there,
PRESENCE_TTL_SECONDS: Final = 6.0  # and how long that is believed: both and a tick are below 10 s

# --- live data -----------------------------------------------------------------------------------
LIVE_VALUE_MAX_BYTES: Final = 65_536  # of one widget: a chart of some thousand points
LIVE_MAX_BYTES_PER_DASHBOARD: Final = 4_194_304  # in the owner's memory, and in every `joined`
LIVE_FRAME_EVERY_SECONDS: Final = 1 / 30  # of one dashboard: as often as eyes can tell
LIVE_FRAME_MAX_BYTES: Final = 262_144  # then the rest has its turn in the next one
LIVE_READER_MAX_BYTES: Final = 65_536  # waiting for a reader, who above it skips values
LIVE_LINK_MAX_BYTES: Final = 1_048_576  # waiting for a gateway, which above it skips values
LIVE_RETRY_SECONDS: Final = 0.1  # how often it is looked whether who has skipped has room again
FEED_IDLE_SECONDS: Final = 30.0  # a producer's way to the owner is kept open so long
FEEDS_WAITING_MAX_WIDGETS: Final = 2_000  # of one producer and dashboard, with an answer to come
RATE_FEEDS_PER_WINDOW: Final = 5_000  # values; 100 widgets at 50 a second
RATE_FEEDS_WINDOW_MS: Final = 1_000

# --- lists, deliveries, retention ----------------------------------------------------------------
PAGE_DEFAULT_ITEMS: Final = 50
PAGE_MAX_ITEMS: Final = 200  # of one answer; more is the next page
CURSOR_MAX_CHARACTERS: Final = 2_000  # the longest key is a name of 255, as JSON in base64
SEARCH_MAX_CHARACTERS: Final = 500  # of what is searched for
WEBHOOK_TOPICS_MAX: Final = 50
WEBHOOK_SECRET_MAX_CHARACTERS: Final = 255
TOPIC_MAX_CHARACTERS: Final = 100  # outbox.topic
WEBHOOK_TIMEOUT_SECONDS: Final = 10.0  # for one delivery, name and connection included
WEBHOOK_ANSWER_MAX_BYTES: Final = 4_096  # read of what a webhook answers; it is for people only
WEBHOOK_BODY_MAX_BYTES: Final = 1_048_576  # of committed changes in one delivery, if more than one
WEBHOOK_SUBMISSIONS_MAX: Final = 50  # in one delivery
WEBHOOK_AT_ONCE_MAX: Final = 64  # deliveries under way in one gateway, divided by its webhooks
WEBHOOK_AT_ONCE_EACH_MAX: Final = 4  # of one webhook; with more than 64, each has one all the same
WEBHOOK_LOOK_DASHBOARDS: Final = 100  # looked at in one statement for what is due
WEBHOOK_ATTEMPTS_MAX: Final = 16  # then it is a dead letter: five hours of trying
WEBHOOK_RETRY_FIRST_SECONDS: Final = 1.0  # doubling up to the next
WEBHOOK_RETRY_MAX_SECONDS: Final = 3_600.0
WEBHOOK_LOOK_SECONDS: Final = 0.5  # how often a gateway looks for what is due
WEBHOOK_SWEEP_SECONDS: Final = 30.0  # how often for changes of which nobody has told
WEBHOOK_SIGNATURE_AGE_MAX_SECONDS: Final = 300  # an older one may be a replay
OUTBOX_LEASE_SECONDS: Final = 60.0  # for one delivery; then somebody else may try
OUTBOX_ERROR_MAX_CHARACTERS: Final = 1_000  # kept of what a webhook answered; the rest is cut
OUTBOX_KEEP_SECONDS: Final = 604_800.0  # what was delivered stays visible for a week
IDEMPOTENCY_KEY_MAX_CHARACTERS: Final = 255
PARTITIONS_AHEAD_MONTHS: Final = 3  # made before they are needed; a stopped upkeep has so long
TABLE_LOCK_TIMEOUT_MS: Final = 300  # that upkeep waits for a table: so long commits wait behind it
TABLE_LOCK_RETRY_SECONDS: Final = 0.5
TABLE_LOCK_ATTEMPTS: Final = 120  # a minute and a half in all: then something holds it for good
UPKEEP_EVERY_SECONDS: Final = 3_600.0
RETENTION_LOCK_ATTEMPTS: Final = 10  # for one old partition; then it stays until the next time
RETENTION_TIMEOUT_SECONDS: Final = 600.0  # of one statement, which nobody waits for
RETENTION_BATCH_DASHBOARDS: Final = 200  # whose rows are locked at once, for some milliseconds

# --- the HTTP API --------------------------------------------------------------------------------
HTTP_BODY_MAX_BYTES: Final = FRAME_MAX_BYTES  # what it holds becomes one submission
VERSION_MAX: Final = 2**31 - 1  # dashboards.version is an INTEGER
HTTP_HEAD_TIMEOUT_SECONDS: Final = 10.0  # from the first byte of a request to its body
HTTP_BODY_TIMEOUT_SECONDS: Final = 30.0  # for a whole body: 35 kB/s when it is the largest
HTTP_EDIT_TIMEOUT_SECONDS: Final = 10.0  # for an owner to be found and to commit
HTTP_HEAD_ATTEMPTS: Final = 3  # to read rows and log in one state while retention works
TOKEN_MAX_CHARACTERS: Final = 8_192  # a signed token with its claims; ours have 43
TOKEN_SECRET_MIN_BYTES: Final = 32  # of a shared secret that signs: as long as its HMAC
IDEMPOTENCY_LEASE_SECONDS: Final = 60.0  # longer than any request takes
IDEMPOTENCY_KEEP_SECONDS: Final = 86_400.0  # a retry after a day is a new wish

# --- caches and notices --------------------------------------------------------------------------
CACHE_USER_TTL_SECONDS: Final = 3_600.0
CACHE_DASHBOARD_TTL_SECONDS: Final = 300.0
CACHE_PERMISSIONS_TTL_SECONDS: Final = 900.0
CACHE_ABSENT_TTL_SECONDS: Final = 60.0  # of "there is none": a stranger can ask for any id
CACHE_ITEM_MAX_BYTES: Final = 65_536  # of one entry; more is read where it is
CACHE_LOCAL_MAX_ITEMS: Final = 1_000  # in the memory of one process
CACHE_TIMEOUT_SECONDS: Final = 0.25  # of any answer from Redis; PostgreSQL is not far
CACHE_REST_SECONDS: Final = 1.0  # reads leave a Redis alone that has just not answered
CACHE_CLAIM_SECONDS: Final = 10.0  # from a miss to its entry; a slower reader keeps nothing
CACHE_BARRIER_SECONDS: Final = 60.0  # of a write that died; longer than its commit can take
CACHE_EPOCH_EVERY_SECONDS: Final = 0.3  # each process asks PostgreSQL so often
CACHE_LEASE_SECONDS: Final = 1.0  # how long an answer is believed, from when it was asked for
CACHE_LEASE_WAIT_SECONDS: Final = 1.1  # a write that Redis does not know of returns so much later
NOTICE_PING_SECONDS: Final = 0.3  # of silence, then Redis is asked whether it is there
NOTICE_SILENCE_SECONDS: Final = 1.0  # then it counts as gone
NOTICE_RETRY_SECONDS: Final = 0.3
SESSION_LOOK_SECONDS: Final = 0.5  # a gateway without notices asks PostgreSQL for its sessions
SESSION_SECOND_LOOK_SECONDS: Final = 30.0  # with notices: for those that nobody could publish
USER_NOTICE_MAX_CHARACTERS: Final = 1_000  # a line or two for people to read
ACTIVITY_EVERY_SECONDS: Final = 30.0  # how often what was last seen is written

# --- plug-ins ----------------------------------------------------------------------------------
PLUGIN_TIMEOUT_SECONDS: Final = 2.0  # of anything a plug-in may await; somebody waits for it
PLUGIN_REVIEW_SLOW_SECONDS: Final = 0.02  # everybody on the owner waits for it
PLUGIN_FAILURES_MAX: Final = 5  # in a row, too slow ones among them; then it rests
PLUGIN_REST_SECONDS: Final = 10.0
PLUGIN_QUEUE_MAX: Final = 1_000  # waiting to be told to one plug-in; more is dropped
PLUGIN_OPERATIONS_MAX: Final = 100  # added to one submission by one plug-in

# --- answers -----------------------------------------------------------------------------------
PROBLEMS_MAX_PER_ANSWER: Final = 20  # more would answer a large bad message with a larger one

# --- what is told to those who watch -------------------------------------------------------------
METRICS_EVERY_SECONDS: Final = 1.0  # Ray itself gathers less often
LOOP_LAG_EVERY_SECONDS: Final = 0.2  # how finely an event loop's lateness is seen
SAMPLES_MAX_PER_LOOK: Final = 32  # of one measure: telling Ray costs 2 to 4 µs for each
SAMPLES_KEPT_MAX: Final = 4_096  # of which those are taken, evenly: more than come in a second

# --- rates: counts per window, per user unless global (defaults; settings may change them) -------
RATE_OPERATIONS_PER_WINDOW: Final = 10_000  # submissions; a program in closed loop sends 500/s
RATE_OPERATIONS_WINDOW_MS: Final = 10_000
RATE_CURSOR_PER_WINDOW: Final = 120  # presence updates; twice what a 60 Hz pointer makes
RATE_CURSOR_WINDOW_MS: Final = 1_000
RATE_CONNECTIONS_PER_WINDOW: Final = 600  # new sockets; a shared office of tabs that all reload
RATE_CONNECTIONS_WINDOW_MS: Final = 60_000
RATE_GLOBAL_OPERATIONS_PER_WINDOW: Final = 500_000  # of the whole cluster
RATE_GLOBAL_CONNECTIONS_PER_WINDOW: Final = 100_000
RATE_REFUSALS_MAX_IN_A_ROW: Final = 100  # of one socket that does not wait; then it is closed
RATE_SYNC_EVERY_MS: Final = 100  # how far counts of several gateways may run apart
