package discover

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a running lab with a network that leads into it.
type world struct {
	t       *testing.T
	running *lab.Running
	network *wire.Network
}

// run starts a world that a test writes itself. A zone without $ORIGIN is that
// of example.org.
func run(t *testing.T, text string) *world {
	t.Helper()
	w, err := lab.Parse("test.txtar", []byte("A world for a test\n"+strings.Replace(text, "-- zone --\n", "-- zone --\n$ORIGIN example.org.\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	running, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	network, err := wire.New(running.Network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	return &world{t, running, network}
}

// outcome is what a search emitted, folded.
type outcome struct {
	Result
	mu           sync.Mutex
	candidates   map[identity]mail.Candidate
	observations map[string]mail.Observation
	emitted      int
}

// searching starts a search whose events are folded into the outcome.
func (w *world) searching(ctx context.Context, input string, o Options) (*Search, *outcome) {
	w.t.Helper()
	target, err := mail.ParseTarget(input)
	if err != nil {
		w.t.Fatal(err)
	}
	out := &outcome{candidates: map[identity]mail.Candidate{}, observations: map[string]mail.Observation{}}
	return Start(ctx, w.network, target, o, out.take), out
}

func (out *outcome) take(e mail.Event) {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.emitted++
	if c := e.Candidate; c != nil {
		out.candidates[identity{c.Role, c.Endpoint}] = *c
	}
	if o := e.Observation; o != nil {
		out.observations[o.ID] = *o
	}
}

// discover runs a search to its end, with guesses for some roles.
func (w *world) discover(input string, o Options, guesses ...mail.Role) *outcome {
	w.t.Helper()
	search, out := w.searching(w.t.Context(), input, o)
	search.Guess(guesses...)
	out.Result = search.Wait()
	return out
}

// claims writes every claim as "endpoint source trust", sorted; of the given
// sources, or of all.
func (out *outcome) claims(sources ...mail.Source) []string {
	out.mu.Lock()
	defer out.mu.Unlock()
	var list []string
	for _, c := range out.candidates {
		for _, claim := range c.Claims {
			if len(sources) == 0 || slices.Contains(sources, claim.Source) {
				list = append(list, c.Endpoint.String()+" "+string(claim.Source)+" "+string(claim.Trust))
			}
		}
	}
	slices.Sort(list)
	return list
}

// claim gives the one claim of a source about an endpoint.
func (out *outcome) claim(t *testing.T, at string, source mail.Source) mail.Claim {
	t.Helper()
	for _, c := range out.candidates {
		for _, claim := range c.Claims {
			if c.Endpoint == endpoint(at) && claim.Source == source {
				return claim
			}
		}
	}
	t.Fatalf("no claim of %s about %s in %v", source, at, out.claims())
	return mail.Claim{}
}

// failure gives the class of an observation's failure, "ok" where there is
// none, and "" where nothing was observed.
func (out *outcome) failure(id string) mail.Class {
	o, seen := out.observations[id]
	switch {
	case !seen:
		return ""
	case o.Failure == nil:
		return "ok"
	default:
		return o.Failure.Class
	}
}

// asked reports whether any question of the kind reached the world.
func (w *world) asked(part string) bool {
	j := w.running.Journal()
	return slices.ContainsFunc(slices.Concat(j.Questions, j.Requests), func(s string) bool { return strings.Contains(s, part) })
}

// document writes an autoconfig document with one IMAP server.
func imapDocument(host string) string {
	return strings.ReplaceAll(inDocument(goodIMAP), "imap.example.org", host) + "\n"
}

const guessable = `-- zone --
@     MX  10 mx
mx    A   192.0.2.1
imap  A   192.0.2.2
mail  A   192.0.2.3
smtp  A   192.0.2.4
pop   A   192.0.2.5
`

func TestAWholeWorldIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "world", "good.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "-- zone --")
	var first []mail.Candidate
	for range 5 {
		out := run(t, "-- zone --"+rest).discover("anna@good.example", Options{}, mail.Incoming, mail.Outgoing)
		var list []mail.Candidate
		for _, c := range out.candidates {
			list = append(list, c)
		}
		slices.SortFunc(list, func(a, b mail.Candidate) int {
			return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Endpoint.String(), b.Endpoint.String()))
		})
		if first == nil {
			first = list
		}
		if diff := diffOf(first, list); diff != "" {
			t.Fatal(diff)
		}
	}
	best := first[slices.IndexFunc(first, func(c mail.Candidate) bool { return c.Endpoint == endpoint("imaps://imap.good.example:993") })]
	want := []mail.Source{mail.SourceAutoconfig, mail.SourceSRV}
	if diff := diffOf(want, best.Sources()); diff != "" {
		t.Error(diff)
	}
	if best.Claims[0].Username != "anna@good.example" || best.Proof != mail.Published {
		t.Errorf("got %+v", best)
	}
}

// dialLoopback leads connections to one real address out of the world.
func dialLoopback(inner wire.DialFunc, outside string) wire.DialFunc {
	return func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if to.String() == outside {
			return (&net.Dialer{}).DialContext(ctx, network, outside)
		}
		return inner(ctx, network, to)
	}
}
