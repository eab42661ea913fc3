/** What `ccp verify` reads, for its help. */
export const VERIFY_FORMAT = `FILE.json:
{
  "kind": "fix" | "deploy",            optional, "deploy" if left out: a fix must also cure
  "objective": { "errorRatio": 0.01 }, optional: tested on the blocks at a weight of 100 %
  "latencyEdgesMs": [p50, p95, p99],   optional: edges fixed before the canary started; needed with "slower"
  "blocks": [                          one for each stretch of time, oldest first
    { "canary":  { "requests": 100, "errors": 3, "slower": [50, 6, 1] },
      "control": { "requests": 900, "errors": 9, "slower": [450, 45, 9] },
      "weightPercent": 10 },           optional: the share the canary was meant to get
    [100, 3, 900, 9]                   the same in short: canary requests, errors, control requests, errors
  ]
}
"slower" counts the requests slower than each edge. Instead of it a side may have "latenciesMs", one number for each
request (or for each that did not fail); without "latencyEdgesMs" the edges are then the p50, p95 and p99 of the
control in the first block, fixed before any number of the canary is looked at.
Exit 0: pass. 1: fail or inconclusive. 2: bad input.`
