/** Imports point downward only: cli, live, analysis, scenarios, sim, protocols (ARCHITECTURE.md has the matrix). */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'protocols-know-nothing-above',
      severity: 'error',
      from: { path: '^protocols/' },
      to: { path: '^(sim|scenarios|analysis|live|cli|bench|test)/' },
    },
    {
      name: 'protocols-are-sans-io',
      comment: 'Only the native crypto suite may touch a Node built-in.',
      severity: 'error',
      from: { path: '^protocols/', pathNot: '^protocols/crypto/native' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sim-hosts-protocols-only',
      severity: 'error',
      from: { path: '^sim/' },
      to: { path: '^(scenarios|analysis|live|cli|bench|test)/' },
    },
    {
      name: 'scenarios-stay-below-analysis',
      severity: 'error',
      from: { path: '^scenarios/' },
      to: { path: '^(analysis|live|cli|bench|test)/' },
    },
    {
      name: 'analysis-reads-results-not-the-engine',
      severity: 'error',
      from: { path: '^analysis/' },
      to: { path: '^(sim|live|cli|bench|test)/' },
    },
    {
      name: 'live-stays-below-analysis',
      severity: 'error',
      from: { path: '^live/' },
      to: { path: '^(analysis|cli|bench|test)/' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { pathNot: '^(cli|test)/' },
      to: { path: '^cli/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
