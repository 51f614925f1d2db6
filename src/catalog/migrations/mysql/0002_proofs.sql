-- What proves a document whole. Apart from its artifact, because MySQL can't add a column so that the statement may be
-- repeated. Documents made before this have no row here.
CREATE TABLE IF NOT EXISTS pressroom_artifact_proofs (
    id    BINARY(16) NOT NULL PRIMARY KEY COMMENT 'of the artifact',
    proof LONGTEXT   NOT NULL COMMENT 'JSON: datasets (name, rows_read, rows_placed, sha256), missing_glyphs (code_point, count)'
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
