import { describe, expect, it } from 'vitest'
import { outline } from './outline.ts'

const PANIC = `panic: runtime error: invalid memory address or nil pointer dereference [recovered]
	panic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48]

goroutine 1 [running]:
main.main.func1()
	/app/main.go:9 +0x1
panic({0x1, 0x2})
	/usr/local/go/src/runtime/panic.go:884 +0x212
github.com/org/shop/payment.(*Server).handle(0xc000, {0x1, 0x2})
	/app/payment/server.go:42 +0x1d
github.com/org/shop/payment.Each[...](...)
	/app/payment/each.go:3
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3285 +0x4b4

goroutine 7 [select]:
main.other()
	/app/other.go:1 +0x1
exit status 2`

describe('a panic of Go', () => {
  it('begins under the last panic frame, and other goroutines are left out', () => {
    expect(outline(PANIC)).toEqual([
      'go runtime error: invalid memory address or nil pointer dereference',
      '* (*Server).handle /app/payment/server.go:42',
      '* Each[...] /app/payment/each.go:3',
      '- (*Server).Serve /usr/local/go/src/net/http/server.go:3285',
    ])
  })

  it('that net/http recovered is read', () => {
    const text = `2024/01/01 12:00:00 http: panic serving 127.0.0.1:51234: assignment to entry in nil map
goroutine 34 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1868 +0xb0
panic({0x6a0, 0x75})
	/usr/local/go/src/runtime/panic.go:920 +0x270
main.handler({0x1, 0x2}, 0xc0)
	/app/main.go:12 +0x20`
    expect(outline(text)).toEqual(['go panic: assignment to entry in nil map', '* handler /app/main.go:12'])
  })

  it('of the runtime itself is read', () => {
    const text = `fatal error: concurrent map writes

goroutine 18 [running]:
main.write(...)
	/app/main.go:4`
    expect(outline(text)).toEqual(['go fatal error: concurrent map writes', '* write /app/main.go:4'])
  })

  it('built with -trimpath keeps modules, and tells ours from the library', () => {
    const text = `panic: boom

goroutine 1 [running]:
github.com/org/shop/payment.Charge(...)
	github.com/org/shop/payment/charge.go:5
github.com/gin-gonic/gin.(*Context).Next(0xc0)
	github.com/gin-gonic/gin@v1.9.1/context.go:174 +0x2b
net/http.serve(0xc0)
	net/http/server.go:2936 +0x316`
    expect(outline(text)).toEqual([
      'go panic: boom',
      '* Charge github.com/org/shop/payment/charge.go:5',
      '- (*Context).Next github.com/gin-gonic/gin@v1.9.1/context.go:174',
      '- serve net/http/server.go:2936',
    ])
  })

  it('of a release that lies in a directory with its version is of that release', () => {
    const text = `panic: boom

goroutine 1 [running]:
main.charge(...)
	/srv/sources/payment@v1.4.0-3f2a/charge.go:5
github.com/gin-gonic/gin.(*Context).Next(0xc0)
	/root/go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174 +0x2b`
    expect(outline(text)).toEqual([
      'go panic: boom',
      '* charge /srv/sources/payment@v1.4.0-3f2a/charge.go:5',
      '- (*Context).Next /root/go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174',
    ])
  })
})

describe('an error of Go', () => {
  it('printed with %+v has what it wraps as its cause', () => {
    const text = `open prices.json: no such file
main.readPrices
	/app/prices.go:12
runtime.main
	/usr/local/go/src/runtime/proc.go:250
could not start
main.main
	/app/main.go:30`
    expect(outline(text)).toEqual([
      'go error: could not start',
      '* main /app/main.go:30',
      ' go error: open prices.json: no such file',
      ' * readPrices /app/prices.go:12',
      ' - main /usr/local/go/src/runtime/proc.go:250',
    ])
  })

  it("of zap's takes its message from the field beside the stack", () => {
    const line = {
      level: 'error',
      msg: 'charge failed',
      stacktrace: 'main.charge\n\t/app/main.go:5\nmain.main\n\t/app/main.go:9',
    }
    expect(outline(JSON.stringify(line)).slice(1)).toEqual([
      '* charge /app/main.go:5',
      '* main /app/main.go:9',
    ])
  })

  it('is not seen in a race report', () => {
    const text = `==================
WARNING: DATA RACE
Write at 0x00c0 by goroutine 7:
  main.main.func1()
      /app/main.go:9 +0x3a

Previous write at 0x00c0 by main goroutine:
  main.main()
      /app/main.go:12 +0x9c
==================
main ended`
    expect(outline(text)).toEqual([])
  })
})
