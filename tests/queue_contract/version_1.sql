-- The schema of version 1, as it was released. Times are microseconds since 1970.

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
    forget_us    INTEGER            -- when it may be deleted
) STRICT;

CREATE INDEX IF NOT EXISTS jobs_line   ON jobs (lane, tenant, report, since_us, id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS jobs_age    ON jobs (lane, since_us) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS jobs_due    ON jobs (state, due_us) WHERE due_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_shown  ON jobs (accepted_us, id) WHERE shown = 1;
CREATE INDEX IF NOT EXISTS jobs_tenant ON jobs (tenant, accepted_us, id) WHERE shown = 1;
CREATE INDEX IF NOT EXISTS jobs_outbox ON jobs (outbox_us, id) WHERE outbox_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_forget ON jobs (forget_us) WHERE forget_us IS NOT NULL;

-- Whose turn it is: the claim that last served a tenant, and each of its reports.
CREATE TABLE IF NOT EXISTS tenant_turns (
    lane   TEXT NOT NULL,
    tenant TEXT NOT NULL,
    turn   INTEGER NOT NULL,
    PRIMARY KEY (lane, tenant)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tenant_turns_next ON tenant_turns (lane, turn, tenant);

CREATE TABLE IF NOT EXISTS report_turns (
    lane   TEXT NOT NULL,
    tenant TEXT NOT NULL,
    report TEXT NOT NULL,
    turn   INTEGER NOT NULL,
    PRIMARY KEY (lane, tenant, report)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS report_turns_next ON report_turns (lane, tenant, turn, report);

-- How many claims there have been: the fence, and the turn.
CREATE TABLE IF NOT EXISTS claims (only INTEGER PRIMARY KEY CHECK (only = 0), count INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO claims VALUES (0, 0);

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

PRAGMA user_version = 1;
