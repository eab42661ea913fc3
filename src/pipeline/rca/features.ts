/**
 * Everything that speaks for or against a cause, as numbers. Each feature is one observation of one candidate in
 * comparable units: most are ln(1 + z) of a deviation of z robust scales, so that a unit is a factor of e; shares and
 * flags run 0..1. Their weights (log-odds a unit) stand in config/rca.yaml.
 */
export const FEATURES = [
  'resource',
  'latency',
  'error',
  'traffic',
  'callerSeesLatency',
  'callerSeesError',
  'dominant',
  'impact',
  'explainedByCallee',
  'explainsCaller',
  'pathToSymptom',
  'matchesSymptom',
  'spanAddedTime',
  'spanWireTime',
  'spanStructure',
  'spanErrors',
  'logErrors',
  'callerLogErrors',
  'logNovelty',
  'logVanished',
  'changeRecent',
  'changeInstances',
  'changeOnPath',
  'unchangedFailToo',
  'changeTouchesTrace',
  'changeAbsent',
  'alertFires',
  'alertFirst',
  'historyCause',
] as const

export type FeatureName = (typeof FEATURES)[number]

export type FeatureValues = Readonly<Partial<Record<FeatureName, number>>>
