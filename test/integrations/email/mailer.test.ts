import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createMailer, type MailOptions } from '../../../src/integrations/email/mailer.ts'
import { Bench } from '../../workspace/support.ts'

const bench = new Bench()
afterEach(() => bench.close())

const mail = {
  to: ['on-call@example.com', 'lead@example.com'],
  subject: '[CCP] Approval needed: Guard address against None',
  text: 'Decide in the thread.',
  commandId: 'pd-Q1/6/email-approvers',
}

async function setUp(change: Partial<MailOptions> = {}) {
  const workspace = await bench.workspace()
  const options = { ...workspace.smtp, user: null, password: null, from: 'ccp@example.com', ...change }
  return { workspace, mailer: createMailer(options) }
}

/** A mail server that answers until it has the whole mail, and then drops the connection without a word. */
async function silentAfterMail(): Promise<number> {
  const server: Server = createServer((socket) => {
    let reading = false
    socket.write('220 ready\r\n')
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      const text = data.toString('latin1')
      if (reading) return void (text.endsWith('.\r\n') && socket.destroy())
      reading = text.startsWith('DATA')
      socket.write(reading ? '354 go ahead\r\n' : '250 ok\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  bench.onClose(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

describe('the mailer', () => {
  it('sends to all recipients, with a message id made from the command', async () => {
    const { workspace, mailer } = await setUp()
    await mailer.send(mail)
    expect(workspace.mails()).toMatchObject([
      {
        subject: mail.subject,
        from: 'ccp@example.com',
        rcpt: mail.to,
        text: expect.stringContaining('Decide'),
      },
    ])
    expect(JSON.stringify(workspace.mails())).toContain('pd-Q1.6.email-approvers')
  })

  it('takes a refusal for now as an outage, after which the mail can be sent', async () => {
    const { workspace, mailer } = await setUp()
    workspace.mail.refuse(1, 451, 'try again later')
    await expect(mailer.send(mail)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await mailer.send(mail)
    expect(workspace.mails()).toHaveLength(1)
  })

  it('takes a refusal for good as one, says what to check, and keeps addresses to itself', async () => {
    const { workspace, mailer } = await setUp()
    workspace.mail.refuse(1, 550, 'relaying denied for <ccp@example.com>')
    const failure = await mailer.send(mail).catch((thrown: unknown) => thrown as Error)
    expect(failure).toMatchObject({
      code: 'bad-input',
      retryable: false,
      message: expect.stringContaining('relaying denied'),
      mend: expect.stringContaining('SMTP_FROM'),
    })
    expect((failure as Error).message).not.toContain('ccp@example.com')
  })

  it('says that it does not know what became of a mail handed over without an answer', async () => {
    const port = await silentAfterMail()
    const { mailer } = await setUp({ port, silenceMs: 2_000 })
    await expect(mailer.send(mail)).rejects.toMatchObject({
      code: 'outcome-unknown',
      retryable: false,
      mend: expect.stringContaining('not sent again'),
    })
  })

  it('names the server that cannot be reached', async () => {
    const { mailer } = await setUp({ port: 9 })
    await expect(mailer.send(mail)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:9'),
    })
  })

  it('names the variables when the server wants another log-in', async () => {
    const { mailer } = await setUp({ user: 'ccp', password: 'wrong' })
    await expect(mailer.send(mail)).rejects.toMatchObject({
      code: 'unauthorised',
      retryable: false,
      mend: expect.stringContaining('SMTP_PASSWORD'),
    })
  })
})
