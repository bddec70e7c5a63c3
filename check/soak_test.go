package check_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	// soakProbes is how many probes the soak makes in a run of all tests;
	// MAILMEDIC_SOAK says another number.
	soakProbes = 100
	// soakAtOnce is how many of them are under way at a time.
	soakAtOnce = 64
	// soakTime bounds one probe, since half of the servers never come to an end.
	soakTime = 2 * time.Second
)

// TestNothingIsLeftOfManyProbes asks good and hostile servers in turn, and counts
// what is left of that afterwards. It is not parallel to any other test, since
// it counts for the process.
func TestNothingIsLeftOfManyProbes(t *testing.T) {
	probes := soakProbes
	if n, err := strconv.Atoi(os.Getenv("MAILMEDIC_SOAK")); err == nil {
		probes = n
	}
	soak(t, 1) // what a process opens once, it keeps
	others := goleak.IgnoreCurrent()
	descriptors, counted := openDescriptors()
	began, classes := time.Now(), soak(t, probes)
	t.Logf("%d probes in %s: %v", probes, time.Since(began).Round(time.Millisecond), classes)
	if len(classes) < 8 || classes[""] == 0 {
		t.Errorf("that was no mix: %v", classes)
	}
	if err := goleak.Find(others); err != nil {
		t.Error(err)
	}
	if left, _ := openDescriptors(); counted && left > descriptors {
		t.Errorf("%d descriptors are open, %d were", left, descriptors)
	}
}

// soak makes so many probes and counts how their sessions ended.
func soak(t *testing.T, probes int) map[mail.Class]int {
	t.Helper()
	var servers []soaked
	for _, name := range []string{"good", "case/hostile", "good", "case/greetings", "wrong-mode", "old-tls"} {
		running, err := world(t, name).Start(t.Context(), lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer running.Close()
		network, err := wire.New(running.Network())
		if err != nil {
			t.Fatal(err)
		}
		defer network.Close()
		for _, e := range running.World().Endpoints() {
			servers = append(servers, soaked{network, e})
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	classes, places := map[mail.Class]int{}, make(chan struct{}, soakAtOnce)
	for i := range probes {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			class := servers[i%len(servers)].probe(t.Context())
			mu.Lock()
			defer mu.Unlock()
			classes[class]++
		})
	}
	all.Wait()
	return classes
}

// soaked is a server with the way to it.
type soaked struct {
	network  *wire.Network
	endpoint mail.Endpoint
}

// probe gives how the last session with the server ended.
func (s soaked) probe(ctx context.Context) (class mail.Class) {
	o := check.Options{Network: s.network, Timeout: soakTime, Transcript: true, Injection: true}
	check.Probe(ctx, []mail.Endpoint{s.endpoint}, o, func(e mail.Event) {
		if o := e.Observation; o != nil && (o.Kind == mail.KindSession || o.Kind == mail.KindDial) {
			class = ""
			if o.Failure != nil {
				class = o.Failure.Class
			}
		}
	})
	return class
}

// openDescriptors counts what the process has open, where the system tells.
func openDescriptors() (n int, ok bool) {
	folder := map[string]string{"linux": "/proc/self/fd", "darwin": "/dev/fd"}[runtime.GOOS]
	entries, err := os.ReadDir(folder)
	return len(entries), err == nil && folder != ""
}
