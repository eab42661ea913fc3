import { describe, expect, it } from 'vitest'
import { parseStackTraces } from '../../../src/pipeline/signals/stack-traces.ts'
import { outline } from './outline.ts'

describe('a stack trace of the JVM', () => {
  it('has causes with the frames that "... n more" left out, and no suppressed exceptions', () => {
    const text = `Exception in thread "main" java.lang.IllegalStateException: top
	at app//com.shop.Pay.charge(Pay.java:10)
	at com.shop.Main.main(Main.java:5)
	Suppressed: java.io.IOException: close
		at com.shop.Resource.close(Resource.java:3)
		... 2 more
	Caused by: java.io.EOFException: of the suppressed one
		at com.shop.Resource.read(Resource.java:9)
Caused by: java.lang.NullPointerException: Cannot invoke "String.length()" because "<local1>" is null
	at com.shop.Inner.length(Inner.java:7)
	... 1 more`
    expect(outline(text)).toEqual([
      'java java.lang.IllegalStateException: top',
      '* charge Pay.java:10',
      '* main Main.java:5',
      ' java java.lang.NullPointerException: Cannot invoke "String.length()" because "<local1>" is null',
      ' * length Inner.java:7',
      ' * main Main.java:5',
    ])
  })

  it('is read in all the forms of a frame', () => {
    const text = `2024-01-01 12:00:00,123 ERROR [http-1] c.s.Pay - failed
com.shop.Declined
	at com.shop.Pay.lambda$run$0(Pay.java:20) ~[shop.jar:1.0]
	at com.shop.Pay$Line.<init>(Pay.java:31)
	at com.shop.Pay$$Lambda$14/0x0000000800c03000.apply(Unknown Source)
	at java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
	at java.base@17.0.1/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
	at com.shop.RefundsKt.refund(Refunds.kt:7)
	at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1072)
	at com.sun.proxy.$Proxy12.run(Unknown Source)
	at com.shop.Pay.obfuscated(SourceFile)`
    const frames = parseStackTraces(text)[0]?.frames ?? []
    expect(parseStackTraces(text)[0]?.type).toBe('com.shop.Declined')
    expect(
      frames.map(
        (frame) =>
          `${frame.application ? '*' : '-'} ${frame.module}.${frame.symbol} ${frame.file}:${frame.line}`,
      ),
    ).toEqual([
      '* com.shop.Pay.lambda$run$0 Pay.java:20',
      '* com.shop.Pay$Line.<init> Pay.java:31',
      '- com.shop.Pay$$Lambda$14/0x0000000800c03000.apply Unknown Source:null',
      '- java.util.ArrayList.forEach ArrayList.java:1511',
      '- jdk.internal.reflect.NativeMethodAccessorImpl.invoke0 Native Method:null',
      '* com.shop.RefundsKt.refund Refunds.kt:7',
      '- org.springframework.web.servlet.DispatcherServlet.doDispatch DispatcherServlet.java:1072',
      '- com.sun.proxy.$Proxy12.run Unknown Source:null',
    ])
  })

  it('printed root cause first is turned round', () => {
    const text = `java.io.IOException: root
	at com.shop.Db.read(Db.java:1)
	... 1 common frames omitted
Wrapped by: java.lang.RuntimeException: outer
	at com.shop.Pay.run(Pay.java:2)`
    expect(outline(text)).toEqual([
      'java java.lang.RuntimeException: outer',
      '* run Pay.java:2',
      ' java java.io.IOException: root',
      ' * read Db.java:1',
    ])
  })

  it("in logback's JSON is read", () => {
    const line = JSON.stringify({
      '@timestamp': 'x',
      stack_trace: 'java.lang.Error: a\r\n\tat a.b.C.d(C.java:3)\r\n',
    })
    expect(outline(line)).toEqual(['java java.lang.Error: a', '* d C.java:3'])
  })
})
