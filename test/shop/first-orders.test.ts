import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { placeFirstOrders } from '../../demo/shop/first-orders.ts'

it('customers are let in once the shop has answered forty orders in a row well and quickly', async () => {
  let placed = 0
  const gateway = createServer((request, response) => {
    placed += 1
    const status = placed === 3 ? 503 : 201
    const slow = placed === 5 ? delay(80) : Promise.resolve()
    request.resume()
    void slow.then(() => response.writeHead(status).end('{}'))
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void gateway.close())
  await placeFirstOrders(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`)
  expect(placed).toBeGreaterThanOrEqual(5 + 40)
})
