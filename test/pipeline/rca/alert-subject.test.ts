import { describe, expect, it } from 'vitest'
import { alertSubject } from '../../../src/pipeline/rca/alert-subject.ts'

describe('what an alert is about', () => {
  it.each([
    ['gateway: 25 % of requests fail (5xx), objective 1 %', 'failures'],
    ['High error rate on checkout', 'failures'],
    ['payment: 8.4 % of 1200 requests failed (objective 1.0 %)', 'failures'],
    ['HTTP 503 from the edge', 'failures'],
    ['checkout: 30 % of requests take longer than 500 ms', 'slowness'],
    ['p99 above 2 s', 'slowness'],
    ['payment is slow and fails', null],
    ['Disk almost full on db-3', null],
    ['', null],
  ])('is read from "%s": %s', (title, subject) => {
    expect(alertSubject(title)).toBe(subject)
  })
})
