-- What proves a document whole. Documents made before this have no row here.
CREATE TABLE IF NOT EXISTS pressroom_artifact_proofs (
    id    BLOB NOT NULL PRIMARY KEY,
    proof TEXT NOT NULL
) STRICT;
