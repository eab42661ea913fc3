import { parentPort } from 'node:worker_threads'
import type { WorkerAnswer, WorkerJob, WorkerReply, WorkerRequest } from './protocol.ts'

/**
 * The thread in which texts of foreign repositories are parsed and linted, so that a text that makes a tool slow does not
 * stop the bot: the owner ends the thread. Each tool is loaded when it is first asked for.
 */
async function answer(job: WorkerJob): Promise<WorkerAnswer> {
  switch (job.tool) {
    case 'ruff-syntax':
    case 'ruff-lint':
    case 'ruff-security':
      return (await import('./ruff.ts')).runRuff(job.tool, job.files)
    case 'oxc':
      return (await import('./oxc.ts')).runOxc(job.files)
    case 'eslint':
    case 'eslint-security':
      return (await import('./eslint.ts')).runEslint(job.tool, job.files)
    case 'data-syntax':
      return (await import('./data-syntax.ts')).checkDataSyntax(job.files)
    case 'data-lint':
      return (await import('./data-lint.ts')).lintData(job.files)
    case 'types':
      return (await import('./types.ts')).checkTypes(job.directory, job.files)
  }
}

async function reply({ id, job }: WorkerRequest): Promise<WorkerReply> {
  try {
    return { id, ...(await answer(job)) }
  } catch (thrown) {
    return { id, error: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

parentPort?.on('message', (request: WorkerRequest) => {
  void reply(request).then((message) => parentPort?.postMessage(message))
})
