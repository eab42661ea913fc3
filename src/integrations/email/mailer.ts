import { PassThrough } from 'node:stream'
import nodemailer from 'nodemailer'
import { CcpError } from '../../pipeline/errors.ts'
import type { Mailer } from '../../pipeline/ports.ts'

export interface MailOptions {
  readonly host: string
  readonly port: number
  readonly user: string | null
  readonly password: string | null
  readonly from: string
  /** How long a silent server is waited for; 10 s unless told. */
  readonly silenceMs?: number
}

/**
 * Sends over SMTP. A mail that the server was given whole without a word of what became of it is `outcome-unknown` and not
 * retryable: an e-mail cannot be looked up, and is sent at most once. The Message-ID comes from the command.
 */
export function createMailer(options: MailOptions): Mailer {
  const transport = nodemailer.createTransport({
    host: options.host,
    port: options.port,
    secure: options.port === 465,
    auth: options.user === null ? undefined : { user: options.user, pass: options.password ?? '' },
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: options.silenceMs ?? 10_000,
  })
  const handedOver = new Set<string>()
  transport.use('stream', (mail, done) => {
    const id = String(mail.data.messageId)
    mail.message.transform(() => new PassThrough({ flush: (flushed) => (handedOver.add(id), flushed()) }))
    done()
  })
  return {
    async send({ to, subject, text, commandId }) {
      const messageId = `<${commandId.replaceAll(/[^\w.-]/g, '.')}@ccp>`
      try {
        const sent = await transport.sendMail({ from: options.from, to: [...to], subject, text, messageId })
        if (sent.rejected.length > 0) throw refusedSome(sent.rejected.length, to.length)
      } catch (thrown) {
        throw explain(thrown, options, handedOver.has(messageId))
      } finally {
        handedOver.delete(messageId)
      }
    },
  }
}

function refusedSome(count: number, all: number): CcpError {
  return new CcpError(
    'bad-input',
    `the mail server refused ${count} of ${all} recipients; the others have the mail`,
    {
      mend: 'check the e-mail addresses in access.yaml',
    },
  )
}

interface SmtpFault {
  readonly code?: string
  readonly responseCode?: number
  readonly message?: string
}

function explain(thrown: unknown, { host, port }: MailOptions, handedOver: boolean): CcpError {
  if (thrown instanceof CcpError) return thrown
  const { code, responseCode, message: said = 'failed' } = thrown as SmtpFault
  // The message goes to the thread and into the audit chain, which keep no addresses of people.
  const why = said.replaceAll(/[^\s<>]+@[^\s<>]+/g, '(address)')
  const message = `the mail server ${host}:${port} did not take the mail: ${why}`
  if (handedOver && responseCode === undefined) {
    return new CcpError('outcome-unknown', `whether ${host}:${port} took the mail is not known: ${why}`, {
      mend: 'it is not sent again; the incident thread says the same',
      cause: thrown,
    })
  }
  if (code === 'EAUTH') {
    return new CcpError('unauthorised', message, { mend: 'check SMTP_USER and SMTP_PASSWORD', cause: thrown })
  }
  if ((responseCode ?? 0) < 500) return new CcpError('unavailable', message, { cause: thrown })
  return new CcpError('bad-input', message, {
    mend: 'check SMTP_FROM and the e-mail addresses in access.yaml',
    cause: thrown,
  })
}
