package lab_test

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
)

const scriptWorld = `Servers by script
-- servers.toml --
[[server]]
endpoints = ["imap+starttls://192.0.2.1:143"]
script = "imap"
[[server]]
endpoints = ["smtp://192.0.2.2:25"]
script = "flood"
[[server]]
endpoints = ["smtp://192.0.2.3:25"]
script = "drip"
[[server]]
endpoints = ["smtp://192.0.2.4:25"]
script = "reset"
[[server]]
endpoints = ["smtp://192.0.2.5:25", "imap://192.0.2.5:143"]
script = "silent"
-- script/imap --
# A server that takes any command for STARTTLS.
S: * OK \x41\\
C: *
S> {tag} OK go
S> \r\n
TLS
C: b NOOP
S: b OK done
-- script/flood --
REPEAT 3 220-x\r\n
S: 220 end
-- script/drip --
DRIP 10s ab\n
WAIT 1h
S: late
-- script/reset --
C: EHLO *
RESET
-- script/silent --
S: 220 hello
SILENT
`

func TestScriptsArePlayedAsWritten(t *testing.T) {
	t.Parallel()
	r := start(t, "script.txtar", scriptWorld, lab.Options{})
	for name, c := range map[string]struct{ to, text string }{
		"an IMAP server with TLS": {"192.0.2.1:143", "S: * OK A\\\nC: a1 STARTTLS\nS: a1 OK go\nTLS\nC: B noop\nS: b OK done\nS: (end)"},
		"a line that does not fit": {
			"192.0.2.1:143",
			"S: * OK A\\\nC: a1 STARTTLS\nS: a1 OK go\nTLS\nC: b LOGOUT\nS: (end)",
		},
		"repetition": {"192.0.2.2:25", "S: 220-x\nS: 220-x\nS: 220-x\nS: 220 end\nS: (end)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			converse(t, dial(t, r, c.to), c.text)
		})
	}
}

func TestScriptsReset(t *testing.T) {
	t.Parallel()
	r := start(t, "script.txtar", scriptWorld, lab.Options{})
	conn := dial(t, r, "192.0.2.4:25")
	if _, err := io.WriteString(conn, "ehlo client.example\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v", err)
	}
}

func TestSilentScriptsEndWithTheWorld(t *testing.T) {
	t.Parallel()
	r := start(t, "script.txtar", scriptWorld, lab.Options{})
	conn := dial(t, r, "192.0.2.5:143")
	converse(t, conn, "S: 220 hello\nC: anything")
	r.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("it spoke")
	}
}

// clock hands out the delays that a world asks for, and lets them pass when told.
type clock struct {
	asked chan time.Duration
	pass  chan time.Time
}

func newClock() *clock { return &clock{make(chan time.Duration, 9), make(chan time.Time)} }

func (c *clock) after(d time.Duration) <-chan time.Time {
	c.asked <- d
	return c.pass
}

func TestDelaysPassByTheClockOfTheOptions(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := start(t, "script.txtar", scriptWorld, lab.Options{After: c.after})
	conn := dial(t, r, "192.0.2.3:25")
	for _, want := range []time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second, time.Hour} {
		if got := <-c.asked; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
		c.pass <- time.Time{}
	}
	converse(t, conn, "S: ab\nS: late\nS: (end)")
}

func TestSlowGreetingsWaitByTheClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := start(t, "slow.txtar", strings.Replace(mailWorld, `greeting = "* OK hello"`, `greeting_delay = "6s"`, 1), lab.Options{After: c.after})
	conn := dial(t, r, "192.0.2.3:143")
	if got := <-c.asked; got != 6*time.Second {
		t.Errorf("asked for %s", got)
	}
	c.pass <- time.Time{}
	if line, err := readLine(conn); !strings.HasPrefix(line, "* OK ") || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

func TestHostileServersAreHostile(t *testing.T) {
	t.Parallel()
	r := run(t, "case/hostile", lab.Options{})
	for to, want := range map[string]string{
		"192.0.2.2:143":  "* OK  endless words",
		"192.0.2.2:587":  "220-and another line\r\n220-and",
		"192.0.2.4:110":  "\x00\x01\x02\xff\xfe\x80\r\x00\n",
		"192.0.2.5:587":  "220 \x1b[2J\x1b]0;owned\x07 \u202egpj.exe\rOK all is well\r\n",
		"192.0.2.6:143":  "HTTP/1.1 400 Bad Request\r\n",
		"192.0.2.7:587":  "SSH-2.0-",
		"192.0.2.18:587": "220 latin.hostile.example Sch\xf6nen Tag\r\n",
	} {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(dial(t, r, to), got); err != nil || string(got) != want {
			t.Errorf("%s says %q, %v; want %q", to, got, err, want)
		}
	}
}

func TestServersStallAsTold(t *testing.T) {
	t.Parallel()
	r := run(t, "case/hostile", lab.Options{})
	greeted := dial(t, r, "192.0.2.15:143")
	if _, err := readLine(greeted); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(greeted, "a1 CAPABILITY\r\n"); err != nil {
		t.Fatal(err)
	}
	handshake := make(chan error)
	stalled := dial(t, r, "192.0.2.16:993")
	go func() { handshake <- tls.Client(stalled, clientTLS(r, "stalltls.hostile.example")).Handshake() }()
	r.Close()
	if _, err := readLine(greeted); err == nil {
		t.Error("an answer came after the greeting")
	}
	if err := <-handshake; err == nil {
		t.Error("the handshake was done")
	}
}
