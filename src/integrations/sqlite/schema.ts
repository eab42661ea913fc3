export const SCHEMA_VERSION = 2

/** A fix meets the same fate once in an incident, however often it is tried again. */
const FIX_OUTCOMES = `
CREATE TABLE fix_outcomes (
  incident_id TEXT NOT NULL, candidate_id TEXT NOT NULL, fate TEXT NOT NULL, strategy TEXT NOT NULL, template_id TEXT,
  at_ms INTEGER NOT NULL, PRIMARY KEY (incident_id, candidate_id, fate)
) STRICT;
CREATE INDEX fix_outcomes_kind ON fix_outcomes (strategy, template_id);
`

/**
 * From each version to the next. Version 1 knew only whether a fix had worked: why one went back was not kept, so it counts
 * neither for nor against its kind any more.
 */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
ALTER TABLE fix_outcomes RENAME TO old_outcomes;
${FIX_OUTCOMES}
INSERT INTO fix_outcomes (incident_id, candidate_id, fate, strategy, template_id, at_ms)
  SELECT incident_id, 'version-' || version, iif(worked, 'verified', 'unverified'), strategy, template_id, at_ms FROM old_outcomes;
DROP TABLE old_outcomes;
`,
}

/** The tables of the journal. The audit triggers make it append-only, even for INSERT OR REPLACE. */
export const SCHEMA = `
CREATE TABLE incidents (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, machine_version INTEGER NOT NULL, state TEXT NOT NULL,
  open INTEGER NOT NULL, snapshot TEXT NOT NULL, opened_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_open ON incidents (open, opened_ms);

CREATE TABLE inbox (
  event_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, received_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, command_id TEXT NOT NULL UNIQUE,
  incident_id TEXT NOT NULL REFERENCES incidents (id), kind TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('work', 'notify')), due_ms INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'claimed', 'done')),
  epoch INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, lease_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (lane, due_ms) WHERE status <> 'done';

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, incident_id TEXT NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, details TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  OR NEW.prev_hash <> coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '${'0'.repeat(64)}')
BEGIN SELECT RAISE(ABORT, 'the audit row does not follow the head of the chain'); END;

CREATE TABLE people (
  hash TEXT PRIMARY KEY, team_id TEXT NOT NULL, user_id TEXT NOT NULL
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE deliveries (
  incident_id TEXT NOT NULL, key TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL, content_hash TEXT NOT NULL,
  file_id TEXT, file_hash TEXT, PRIMARY KEY (incident_id, key)
) STRICT;

${FIX_OUTCOMES}
CREATE TABLE locks (
  resource TEXT PRIMARY KEY, owner TEXT NOT NULL, until_ms INTEGER NOT NULL
) STRICT;
`
