-- Then: lines and counts, from the jobs there are.

UPDATE claims SET running = (SELECT count(*) FROM jobs WHERE state = 'running');
INSERT INTO tenants (tenant, running, waiting, bytes, paused)
SELECT tenant, sum(state = 'running'), sum(state <> 'running'), sum(bytes), 0 FROM jobs
WHERE state IN ('scheduled', 'waiting', 'retrying', 'running') GROUP BY tenant;
INSERT INTO reports (report, flight, running, waiting, paused)
SELECT report, count(*), sum(state = 'running'), sum(state = 'waiting'), 0 FROM jobs
WHERE state IN ('scheduled', 'waiting', 'retrying', 'running') GROUP BY report;
INSERT INTO flows (lane, tenant, report, tenant_turn, turn, slots, held)
SELECT lane, tenant, report, tenant_turns.turn, report_turns.turn, 1, 0
FROM report_turns JOIN tenant_turns USING (lane, tenant);
DROP TABLE report_turns;
DROP TABLE tenant_turns;
