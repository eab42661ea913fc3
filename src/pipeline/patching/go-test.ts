import type { Replay } from './regression-test.ts'

/**
 * A Go test that replays the request; standard library only, Go 1.17 or later. `name` is in every identifier, so that
 * several such tests may stand in one folder. It is written as gofmt writes it.
 */
export function goTest(
  replay: Replay,
  options: { readonly packageName: string; readonly name: string },
): string {
  const { input } = replay
  const hasBody = input.body !== null && input.body !== undefined
  const type = `replay${options.name}`
  return `//go:build !windows

package ${options.packageName}

// Replays the request that failed in incident ${comment(replay.incidentId)}, ${comment(replay.exception)}: it must be answered.

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
${replay.upstreamFailure === null ? '' : '\t"sync/atomic"\n'}	"syscall"
	"testing"
	"time"
)

// ${type} is the service, started from the root of the repository, and what it calls.
type ${type} struct {
	t       *testing.T
	stub    *httptest.Server
	command *exec.Cmd
	ended   chan struct{}
	port    int
}

func TestReplay${options.name}(t *testing.T) {
	const method, path = ${goText(input.method)}, ${goText(input.path)}
	body := strings.Join([]string{${goLines(hasBody ? JSON.stringify(input.body, null, 2).split('\n') : [])}}, "\\n")
	service := ${type}{t: t, stub: httptest.NewServer(http.HandlerFunc(answer${options.name}))}
	defer service.stub.Close()
	// Another process may take the free port before the service does: then it is started once more.
	for attempt := 1; !service.start(); attempt++ {
		if attempt == 3 {
			t.Fatal("the service does not start")
		}
	}
	defer service.stop()
	status, err := service.ask(method, path, body)
	if err != nil {
		t.Fatalf("%s %s was not answered: %v", method, path, err)
	}
	if status >= 500 {
		t.Fatalf("%s %s was answered with %d", method, path, status)
	}
}

${goFailure(replay, options.name).declared}// Stands in for every service that this one calls.
func answer${options.name}(response http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
${goFailure(replay, options.name).first}	response.Header().Set("content-type", "application/json")
	_, _ = io.WriteString(response, "{}")
}

func (service *${type}) start() bool {
	service.port = service.freePort()
	command := []string{${goLines(replay.startCommand)}}
	environment := []string{${goLines(Object.entries(replay.environment).map(([key, value]) => `${key}=${value}`))}}
	for _, upstream := range []string{${goLines(replay.upstreams)}} {
		environment = append(environment, upstream+"="+service.stub.URL)
	}
	environment = append(environment, fmt.Sprintf("PORT=%d", service.port))
	service.command = exec.Command(command[0], command[1:]...)
	service.command.Dir = ${goText('../'.repeat(replay.depth) || '.')}
	service.command.Env = append(os.Environ(), environment...)
	// A group of its own, so that what the command starts ends with it.
	service.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := service.command.Start(); err != nil {
		service.t.Fatal(err)
	}
	ended := make(chan struct{})
	service.ended = ended
	go func() {
		_ = service.command.Wait()
		close(ended)
	}()
	if service.isHealthy() {
		return true
	}
	service.stop()
	return false
}

// The first start may have to compile the service.
func (service *${type}) isHealthy() bool {
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		status, err := service.ask("GET", ${goText(replay.healthPath)}, "")
		select {
		case <-service.ended:
			return false
		case <-time.After(20 * time.Millisecond):
			if err == nil && status < 500 {
				return true
			}
		}
	}
	return false
}

func (service *${type}) stop() {
	_ = syscall.Kill(-service.command.Process.Pid, syscall.SIGTERM)
	select {
	case <-service.ended:
	case <-time.After(500 * time.Millisecond):
	}
	_ = syscall.Kill(-service.command.Process.Pid, syscall.SIGKILL)
	<-service.ended
}

func (service *${type}) ask(method, path, body string) (int, error) {
	url := fmt.Sprintf("http://127.0.0.1:%d%s", service.port, path)
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("content-type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func (service *${type}) freePort() int {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		service.t.Fatal(err)
	}
	defer probe.Close()
	return probe.Addr().(*net.TCPAddr).Port
}
`
}

/** What the stand-in does the first time that it is asked. */
function goFailure({ upstreamFailure }: Replay, name: string): { declared: string; first: string } {
  if (upstreamFailure === null) return { declared: '', first: '' }
  const fails =
    upstreamFailure === 'broken connection'
      ? '\t\tpanic(http.ErrAbortHandler)\n'
      : `\t\tresponse.WriteHeader(${upstreamFailure})\n\t\treturn\n`
  return {
    declared: `// How often the stand-in was asked.\nvar asked${name} int32\n\n`,
    first: `\tif atomic.AddInt32(&asked${name}, 1) == 1 {\n${fails}\t}\n`,
  }
}

/** Texts as the elements of a slice, one a line where they do not fit on one. */
function goLines(texts: readonly string[]): string {
  const line = texts.map(goText).join(', ')
  if (line.length <= SHORT_LINE) return line
  return `\n${texts.map((text) => `\t\t${goText(text)},\n`).join('')}\t`
}

const SHORT_LINE = 80

/** What is not ASCII is escaped, so that the file has one reading; half a surrogate pair is no letter in Go. */
function goText(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(/[^\x20-\x7e]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

function comment(value: string): string {
  return value.replace(/[^\w.:-]+/g, ' ').slice(0, 100)
}
