import { createTransport } from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { parseMail } from '../../demo/workspace/mail/parse-mail.ts'
import { Bench } from './support.ts'

const bench = new Bench()
afterEach(() => bench.close())

describe('the mail sink', () => {
  it('keeps what the real nodemailer sends, with umlauts, long lines and both parts', async () => {
    const workspace = await bench.workspace()
    const transport = createTransport({ ...workspace.smtp, secure: false })
    const text = `Ein Fix für payment wartet – bitte prüfen. ${'long '.repeat(60)}\n\n= done =`
    await transport.sendMail({
      from: 'CCP <ccp@example.com>',
      to: 'lead@example.com, on-call@example.com',
      bcc: 'audit@example.com',
      subject: 'Freigabe nötig: payment, Risiko 0,18 ✅',
      text,
      html: '<p>Grüße &amp; <b>Dank</b></p>',
    })
    const [mail] = workspace.mails()
    expect(mail).toMatchObject({
      subject: 'Freigabe nötig: payment, Risiko 0,18 ✅',
      from: 'CCP <ccp@example.com>',
      to: ['lead@example.com', 'on-call@example.com'],
      rcpt: ['lead@example.com', 'on-call@example.com', 'audit@example.com'],
      html: '<p>Grüße &amp; <b>Dank</b></p>',
    })
    expect(mail?.text.trim()).toBe(text)
  })

  it('refuses mail when told to, with the reply it was told', async () => {
    const workspace = await bench.workspace()
    workspace.mail.refuse(1, 451, 'try again later')
    const transport = createTransport({ ...workspace.smtp, secure: false })
    const message = { from: 'a@example.com', to: 'b@example.com', subject: 's', text: 't' }
    await expect(transport.sendMail(message)).rejects.toMatchObject({ responseCode: 451 })
    await transport.sendMail(message)
    expect(workspace.mails()).toHaveLength(1)
  })
})

describe('parsing mail', () => {
  it('reads a message without headers or body', () => {
    expect(parseMail(Buffer.from(''))).toMatchObject({ subject: '', text: '', to: [] })
  })

  it('joins folded headers and encoded words', () => {
    const raw = 'Subject: =?utf-8?Q?caf=C3=A9_?=\r\n =?utf-8?B?w6k=?=\r\nContent-Type: text/plain\r\n\r\nhi'
    expect(parseMail(Buffer.from(raw))).toMatchObject({ subject: 'café é', text: 'hi' })
  })
})
