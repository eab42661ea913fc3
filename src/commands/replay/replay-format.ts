/** What `ccp replay` prints, for its help. */
export const REPLAY_FORMAT = `One JSON line for each stage that was reached then or now:
  {"stage":"diagnose","same":false,"recorded":{...},"replayed":{...},"differs":["cause: \\"payment\\" -> null"],"ms":41}
stages: diagnose, localize, plan, patch, gates (with --gates), verify. A stage that stopped has {"stopped": "why"}.
Each stage is given what the stage before it answers now; verify judges the blocks that were measured then, look by look.
Nothing is posted, paged, pushed, deployed or written to the journal; no model is asked: its recorded answer is taken.
Exit 0: nothing differs. 1: something does. 2: no such incident, no recording of it, or a bad configuration.`
