-- The queue's own tables, version 2. Times are microseconds since 1970.

CREATE TABLE IF NOT EXISTS jobs (
    id           TEXT PRIMARY KEY,
    tenant       TEXT NOT NULL,
    report       TEXT NOT NULL,
    lane         TEXT NOT NULL,
    job          TEXT NOT NULL,
    trace        TEXT,
    state        TEXT NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    fence        INTEGER NOT NULL DEFAULT 0,
    deaths       INTEGER NOT NULL DEFAULT 0,
    cancel       INTEGER NOT NULL DEFAULT 0,
    accepted_us  INTEGER NOT NULL,
    changed_us   INTEGER NOT NULL,
    since_us     INTEGER,           -- when it lined up
    due_us       INTEGER,           -- when it is scheduled, tried again, or its lease ends
    rows         INTEGER NOT NULL DEFAULT 0,
    pages        INTEGER NOT NULL DEFAULT 0,
    failure      TEXT,
    worker       TEXT,
    shown        INTEGER NOT NULL DEFAULT 1,
    outbox_us    INTEGER,           -- when it ended without an artifact, until the catalog has that
    forget_us    INTEGER,           -- when it may be deleted
    slots        INTEGER NOT NULL DEFAULT 1,
    bytes        INTEGER NOT NULL DEFAULT 0,    -- of `job`
    deferrals    INTEGER NOT NULL DEFAULT 0,
    failures     TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX IF NOT EXISTS jobs_line   ON jobs (lane, tenant, report, since_us, id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS jobs_age    ON jobs (lane, since_us) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS jobs_due    ON jobs (state, due_us) WHERE due_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_shown  ON jobs (accepted_us, id) WHERE shown = 1;
CREATE INDEX IF NOT EXISTS jobs_tenant ON jobs (tenant, accepted_us, id) WHERE shown = 1;
CREATE INDEX IF NOT EXISTS jobs_outbox ON jobs (outbox_us, id) WHERE outbox_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_forget ON jobs (forget_us) WHERE forget_us IS NOT NULL;

-- Lines of waiting jobs, one for each lane, tenant and report. A turn is the claim that last served: the tenant in this
-- lane, and this line.
CREATE TABLE IF NOT EXISTS flows (
    lane        TEXT NOT NULL,
    tenant      TEXT NOT NULL,
    report      TEXT NOT NULL,
    tenant_turn INTEGER NOT NULL,
    turn        INTEGER NOT NULL,
    slots       INTEGER NOT NULL,  -- that its first job takes
    held        INTEGER NOT NULL,  -- as its tenant is
    PRIMARY KEY (lane, tenant, report)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS flows_next ON flows (lane, tenant_turn, tenant) WHERE held = 0;
CREATE INDEX IF NOT EXISTS flows_kind ON flows (lane, report, slots, tenant_turn, tenant) WHERE held = 0;

-- Tenants with jobs in flight. One is held while it is paused, or runs as many as it may.
CREATE TABLE IF NOT EXISTS tenants (
    tenant  TEXT PRIMARY KEY,
    running INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0, -- in flight and not running
    bytes   INTEGER NOT NULL DEFAULT 0, -- of all in flight
    paused  INTEGER NOT NULL,
    most    INTEGER,                    -- that may run
    held    INTEGER NOT NULL GENERATED ALWAYS AS (paused OR running >= coalesce(most, running + 1)) VIRTUAL
) STRICT, WITHOUT ROWID;

-- Reports with jobs in flight, held like tenants.
CREATE TABLE IF NOT EXISTS reports (
    report  TEXT PRIMARY KEY,
    flight  INTEGER NOT NULL DEFAULT 0, -- all in flight
    running INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0, -- in their lines
    paused  INTEGER NOT NULL,
    most    INTEGER,
    held    INTEGER NOT NULL GENERATED ALWAYS AS (paused OR running >= coalesce(most, running + 1)) VIRTUAL
) STRICT, WITHOUT ROWID;

-- The rules, once some were set, and what pushes and claims need of them.
CREATE TABLE IF NOT EXISTS policy (
    only               INTEGER PRIMARY KEY CHECK (only = 0),
    rules              TEXT NOT NULL,
    turns              TEXT NOT NULL,   -- the lanes' initials
    running            INTEGER,
    running_per_tenant INTEGER,
    waiting_per_tenant INTEGER NOT NULL,
    bytes_per_tenant   INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS caps   (scope TEXT PRIMARY KEY, most INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pauses (scope TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- Has rows while anything is capped, so that a slot that goes free may be waited for.
CREATE VIEW IF NOT EXISTS capped AS
    SELECT 1 FROM policy WHERE running IS NOT NULL OR running_per_tenant IS NOT NULL UNION ALL SELECT 1 FROM caps;

-- How many claims there have been (the fence, and the turn), how many jobs run, how many were rescued.
CREATE TABLE IF NOT EXISTS claims (
    only    INTEGER PRIMARY KEY CHECK (only = 0),
    count   INTEGER NOT NULL,
    running INTEGER NOT NULL DEFAULT 0,
    rescues INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT OR IGNORE INTO claims (only, count) VALUES (0, 0);

-- The worker that lets slots go free for a large job.
CREATE TABLE IF NOT EXISTS reservation (
    only     INTEGER PRIMARY KEY CHECK (only = 0),
    worker   TEXT NOT NULL,
    id       TEXT NOT NULL,
    until_us INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS workers (
    name     TEXT PRIMARY KEY,
    view     TEXT NOT NULL,
    until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS schedules (schedule TEXT PRIMARY KEY, fired_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS inbox (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    raw      BLOB NOT NULL,
    offer_us INTEGER NOT NULL DEFAULT 0 -- later than now: set aside for a newer program
) STRICT;

CREATE TABLE IF NOT EXISTS dead (
    id     TEXT PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    text   BLOB,                    -- of a malformed message; a job's letter has none
    size   INTEGER NOT NULL DEFAULT 0,
    reason TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS dead_at ON dead (at_us, id);

CREATE TABLE IF NOT EXISTS keys (
    tenant   TEXT NOT NULL,
    key      TEXT NOT NULL,
    id       TEXT NOT NULL,
    digest   TEXT NOT NULL,
    until_us INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_until ON keys (until_us);

CREATE TABLE IF NOT EXISTS leaders (
    role     TEXT PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whatever happens to a job, lines and counts follow its state. A job is written with the state `new` first.
CREATE TRIGGER IF NOT EXISTS jobs_state AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
    INSERT INTO tenants (tenant, paused, most)
    SELECT new.tenant, EXISTS (SELECT 1 FROM pauses WHERE scope = 'tenant:' || new.tenant),
           coalesce((SELECT most FROM caps WHERE scope = 'tenant:' || new.tenant),
                    (SELECT running_per_tenant FROM policy))
    WHERE new.state IN ('scheduled', 'waiting') ON CONFLICT DO NOTHING;
    INSERT INTO reports (report, paused, most)
    SELECT new.report, EXISTS (SELECT 1 FROM pauses WHERE scope = 'report:' || new.report),
           (SELECT most FROM caps WHERE scope = 'report:' || new.report)
    WHERE new.state IN ('scheduled', 'waiting') ON CONFLICT DO NOTHING;

    -- It leaves its line; an empty one goes.
    UPDATE flows SET turn = CASE new.state WHEN 'running' THEN new.fence ELSE turn END,
           slots = coalesce((SELECT slots FROM jobs WHERE state = 'waiting' AND lane = new.lane AND tenant = new.tenant
                             AND report = new.report ORDER BY since_us, id LIMIT 1), 0)
    WHERE old.state = 'waiting' AND lane = new.lane AND tenant = new.tenant AND report = new.report;
    DELETE FROM flows
    WHERE old.state = 'waiting' AND lane = new.lane AND tenant = new.tenant AND report = new.report AND slots = 0;
    UPDATE flows SET tenant_turn = new.fence
    WHERE new.state = 'running' AND lane = new.lane AND tenant = new.tenant;

    UPDATE claims SET count = max(count, new.fence),
           running = running + (new.state = 'running') - (old.state = 'running')
    WHERE 'running' IN (old.state, new.state);
    UPDATE tenants SET running = running + (new.state = 'running') - (old.state = 'running'),
           waiting = waiting + (new.state IN ('scheduled', 'waiting', 'retrying'))
                             - (old.state IN ('scheduled', 'waiting', 'retrying')),
           bytes = bytes + new.bytes * ((new.state IN ('scheduled', 'waiting', 'retrying', 'running'))
                                      - (old.state IN ('scheduled', 'waiting', 'retrying', 'running')))
    WHERE tenant = new.tenant;
    UPDATE reports SET running = running + (new.state = 'running') - (old.state = 'running'),
           waiting = waiting + (new.state = 'waiting') - (old.state = 'waiting'),
           flight = flight + (new.state IN ('scheduled', 'waiting', 'retrying', 'running'))
                           - (old.state IN ('scheduled', 'waiting', 'retrying', 'running'))
    WHERE report = new.report;
    DELETE FROM tenants WHERE tenant = new.tenant AND running = 0 AND waiting = 0;
    DELETE FROM reports WHERE report = new.report AND flight = 0;

    -- It lines up; whose line is new is served after the others.
    INSERT INTO flows (lane, tenant, report, tenant_turn, turn, slots, held)
    SELECT new.lane, new.tenant, new.report,
           coalesce((SELECT tenant_turn FROM flows WHERE lane = new.lane AND tenant = new.tenant LIMIT 1), count),
           count, new.slots, (SELECT held FROM tenants WHERE tenant = new.tenant)
    FROM claims WHERE new.state = 'waiting'
    ON CONFLICT DO UPDATE SET slots =
        (SELECT slots FROM jobs WHERE state = 'waiting' AND lane = new.lane AND tenant = new.tenant
         AND report = new.report ORDER BY since_us, id LIMIT 1);
END;

CREATE TRIGGER IF NOT EXISTS tenants_held AFTER UPDATE OF running, paused, most ON tenants WHEN old.held <> new.held
BEGIN
    UPDATE flows SET held = new.held WHERE lane IN ('interactive', 'standard', 'bulk') AND tenant = new.tenant;
END;
