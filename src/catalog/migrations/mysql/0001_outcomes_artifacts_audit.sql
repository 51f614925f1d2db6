-- Ids are BINARY(16), not text: InnoDB repeats the primary key in every secondary index, and there are ten of them here,
-- so 36 characters instead of 16 bytes would cost about 200 bytes a job. UUIDs of version 7 also insert in order.
-- HEX(id) shows one, UNHEX(REPLACE('…', '-', '')) makes one.
--
-- Names of tenants, reports and states are ASCII by definition; times are UTC.

CREATE TABLE IF NOT EXISTS pressroom_jobs (
    id           BINARY(16)    NOT NULL PRIMARY KEY,
    tenant       VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    report       VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    requester    VARCHAR(1024) NOT NULL,
    parameters   LONGTEXT      NOT NULL COMMENT 'JSON, as accepted',
    lane         VARCHAR(16)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    run_at       DATETIME(6)   NULL,
    accepted_at  DATETIME(6)   NOT NULL,
    max_attempts BIGINT        NOT NULL,
    state        VARCHAR(16)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempts     BIGINT        NOT NULL,
    fence        BIGINT        NOT NULL,
    failure      TEXT          NULL COMMENT 'JSON: step, code, message, retryable',
    ended_at     DATETIME(6)   NOT NULL,
    KEY jobs_by_time        (accepted_at, id),
    KEY jobs_of_tenant      (tenant, accepted_at, id),
    KEY jobs_of_report      (tenant, report, accepted_at, id),
    KEY jobs_of_state       (tenant, state, accepted_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- An artifact is a part of a blob, so that many small ones can share one later. Today each has a blob of its own.
CREATE TABLE IF NOT EXISTS pressroom_artifacts (
    id                BINARY(16)    NOT NULL PRIMARY KEY COMMENT 'the id of its job',
    tenant            VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    report            VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    requester         VARCHAR(1024) NOT NULL,
    blob_key          VARCHAR(255)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    blob_offset       BIGINT        NOT NULL,
    blob_length       BIGINT        NOT NULL,
    digest            CHAR(64)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    size_bytes        BIGINT        NOT NULL,
    row_count         BIGINT        NOT NULL,
    page_count        BIGINT        NOT NULL,
    fence             BIGINT        NOT NULL,
    snapshot_at       DATETIME(6)   NOT NULL,
    definition_digest CHAR(64)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    tier              VARCHAR(16)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at        DATETIME(6)   NOT NULL,
    KEY artifacts_by_time   (created_at, id),
    KEY artifacts_of_tenant (tenant, created_at, id),
    KEY artifacts_of_report (tenant, report, created_at, id),
    KEY artifacts_of_tier   (tier, created_at, id),
    KEY artifacts_of_blob   (blob_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Events that are not sealed yet, in the order of their arrival.
CREATE TABLE IF NOT EXISTS pressroom_audit_pending (
    id      BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tenant  VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor   VARCHAR(1024) NOT NULL,
    action  VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject VARCHAR(255)  NOT NULL,
    at      DATETIME(6)   NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The chain, one for each tenant. Nothing here is ever changed or deleted: grant INSERT and SELECT and no more.
CREATE TABLE IF NOT EXISTS pressroom_audit_log (
    tenant   VARCHAR(63)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence BIGINT        NOT NULL,
    actor    VARCHAR(1024) NOT NULL,
    action   VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject  VARCHAR(255)  NOT NULL,
    at       DATETIME(6)   NOT NULL,
    hash     BINARY(32)    NOT NULL,
    PRIMARY KEY (tenant, sequence)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where each chain ends, so that a chain that was cut off at its end shows.
CREATE TABLE IF NOT EXISTS pressroom_audit_heads (
    tenant   VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    sequence BIGINT      NOT NULL,
    hash     BINARY(32)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
