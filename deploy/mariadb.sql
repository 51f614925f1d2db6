-- The two databases of compose.yaml: what reports read, and what Pressroom remembers.
--
-- One user for both, because the demo clinic is loaded with it. In production the source's user may only SELECT
-- (docs/OPERATIONS.md).
CREATE DATABASE clinic CHARACTER SET utf8mb4;
CREATE DATABASE catalog CHARACTER SET utf8mb4;
CREATE USER 'pressroom'@'%' IDENTIFIED BY 'only-for-trying-out';
GRANT ALL PRIVILEGES ON clinic.* TO 'pressroom'@'%';
GRANT ALL PRIVILEGES ON catalog.* TO 'pressroom'@'%';
