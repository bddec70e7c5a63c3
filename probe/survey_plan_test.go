package probe

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	v13, v12, v11, v10, ssl3 = tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10, 0x0300

	aes128, aes256, chacha = tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384, tls.TLS_CHACHA20_POLY1305_SHA256

	ecdheGCM, ecdheChaCha, ecdheCBC = tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
	dheCBC, rsaCBC, rsaRC4          = 0x0033, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA

	mlkem, x25519, p256, p384, ffdhe = uint16(tls.X25519MLKEM768), uint16(tls.X25519), uint16(tls.CurveP256), uint16(tls.CurveP384), 0x0100
)

// A model is a server as a pure function of what it is offered.
type model struct {
	suites  map[uint16][]uint16 // by version, in the server's order
	groups  []uint16            // in the server's order
	client  bool                // the client's order counts
	bits    int                 // of its prime
	fails   verdict             // what comes of a choice that needs a prime; "" where it has one
	refusal verdict             // how it refuses; "" for an alert
	odd     func(n int, s step) (reply, bool)
	asked   []step
}

func (m *model) answer(s step) reply {
	m.asked = append(m.asked, s)
	if whole := s.aim == aimName || s.aim == aimALPN; !whole && (len(s.offer.Versions) == 0 || len(s.offer.Suites) == 0) {
		panic(fmt.Sprintf("%s offers nothing: %+v", s.aim, s.offer))
	}
	if m.odd != nil {
		if r, ok := m.odd(len(m.asked), s); ok {
			return r
		}
	}
	if s.aim == aimName || s.aim == aimALPN {
		return reply{verdict: taken, presentation: wire.Presentation{Certificate: &mail.Certificate{Subject: "CN=a"}}}
	}
	for _, version := range wire.SurveyVersions() {
		// Up to TLS 1.2 a client says only which is the newest that it speaks.
		below := version <= v12 && version <= s.offer.Versions[0]
		if m.suites[version] == nil || !below && !slices.Contains(s.offer.Versions, version) {
			continue
		}
		group := m.pick(m.groups, s.offer.Groups)
		suite := m.pick(slices.DeleteFunc(slices.Clone(m.suites[version]), func(id uint16) bool {
			return group == 0 && (version == v13 || strings.Contains(wire.SuiteName(id), "ECDHE"))
		}), s.offer.Suites)
		if suite == 0 {
			break
		}
		if m.fails != "" && overIntegers(suite) {
			return reply{verdict: m.fails, why: "gone"}
		}
		c := wire.Choice{Version: version, Suite: suite}
		if name := wire.SuiteName(suite); version == v13 || strings.Contains(name, "ECDHE") {
			c.Group = group
		} else if strings.Contains(name, "_DHE_") {
			c.DHBits = m.bits
		}
		return reply{verdict: taken, choice: c}
	}
	if m.refusal != "" {
		return reply{verdict: m.refusal, why: "gone"}
	}
	return reply{verdict: refused}
}

func (m *model) pick(server, client []uint16) uint16 {
	first, second := server, client
	if m.client {
		first, second = client, server
	}
	for _, id := range first {
		if slices.Contains(second, id) {
			return id
		}
	}
	return 0
}

// survey makes the whole survey of a model.
func (m *model) survey() *ledger {
	l := newLedger()
	l.named, l.alpn, l.shown = true, "imap", &mail.Certificate{Subject: "CN=a"}
	for s, more := l.next(); more; s, more = l.next() {
		l.learn(s, m.answer(s))
	}
	return l
}

// modern is a server of today.
func modern() *model {
	return &model{
		suites: map[uint16][]uint16{v13: {aes256, chacha, aes128}, v12: {ecdheChaCha, ecdheGCM, ecdheCBC, dheCBC, rsaCBC}},
		groups: []uint16{x25519, mlkem, p384, p256, ffdhe}, bits: 2048,
	}
}

// lists gives what was found: for each version the suites, and the groups.
func lists(l *ledger) map[string][]uint16 {
	found := map[string][]uint16{}
	for _, v := range l.versions {
		if v.offered == mail.Yes {
			found[wire.VersionName(v.id)] = v.suites
		}
	}
	found["groups"] = l.groups
	return found
}

func TestASurveyFindsAllThatAServerTakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		model       *model
		order       mail.SuiteOrder
		connections int
	}{
		{"a server of today", modern(), mail.ServerOrder, 16},
		{"TLS 1.3 alone", &model{suites: map[uint16][]uint16{v13: {aes128, aes256}}, groups: []uint16{x25519, p256}}, mail.ServerOrder, 9},
		{"one suite and one group", &model{suites: map[uint16][]uint16{v13: {aes128}}, groups: []uint16{p256}}, "", 7},
		{"TLS 1.2 alone", &model{suites: map[uint16][]uint16{v12: {ecdheCBC, ecdheGCM}}, groups: []uint16{p384, x25519}}, mail.ServerOrder, 8},
		{"static keys alone", &model{suites: map[uint16][]uint16{v12: {rsaRC4, rsaCBC}}}, mail.ServerOrder, 7},
		{
			"everything since SSL 3.0",
			&model{suites: map[uint16][]uint16{v13: {aes128}, v12: {ecdheGCM, rsaRC4}, v11: {rsaRC4, rsaCBC}, v10: {rsaRC4, rsaCBC}, ssl3: {rsaRC4}}, groups: []uint16{x25519}},
			"", 20,
		},
		{"SSL 3.0 alone", &model{suites: map[uint16][]uint16{ssl3: {rsaRC4}}}, "", 4},
		{"nothing at all", &model{}, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := tt.model.survey()
			want := map[string][]uint16{"groups": tt.model.groups}
			for version, suites := range tt.model.suites {
				want[wire.VersionName(version)] = suites
			}
			if diff := cmp.Diff(want, lists(l)); diff != "" {
				t.Error(diff)
			}
			facts := l.facts()
			for _, v := range facts.Versions {
				if !v.Complete || v.Offered == mail.NotKnown {
					t.Errorf("%+v is not known whole", v)
				}
			}
			if order := l.versions[0].order(); order != tt.order && l.versions[1].order() != tt.order {
				t.Errorf("order %q, want %q", order, tt.order)
			}
			if len(want) > 1 && l.newest().id > ssl3 && !facts.GroupsComplete {
				t.Error("the groups are not known whole")
			}
			if l.connections != tt.connections || l.stopped != "" {
				t.Errorf("%d connections, want %d; stopped %q", l.connections, tt.connections, l.stopped)
			}
		})
	}
}

func TestASurveyTellsWhoseOrderCounts(t *testing.T) {
	t.Parallel()
	m := modern()
	m.client = true
	l := m.survey()
	for _, v := range l.versions[:2] {
		if v.order() != mail.ClientOrder {
			t.Errorf("%s: order %q", wire.VersionName(v.id), v.order())
		}
		offered := slices.DeleteFunc(wire.SurveySuites(v.id), func(id uint16) bool { return !slices.Contains(v.suites, id) })
		if !slices.Equal(v.suites, offered) {
			t.Errorf("%s: %x is not the client's order", wire.VersionName(v.id), v.suites)
		}
	}
}

// A server may refuse by hanging up. That is proved by asking again what it has taken before.
func TestAServerThatHangsUpIsAskedWhetherItIsStillThere(t *testing.T) {
	t.Parallel()
	m := modern()
	m.refusal = hungUp
	l := m.survey()
	if diff := cmp.Diff(lists(modern().survey()), lists(l)); diff != "" {
		t.Error(diff)
	}
	controls := 0
	for _, s := range m.asked {
		if s.aim == aimControl {
			controls++
		}
	}
	if l.stopped != "" || controls == 0 || controls > 6 {
		t.Errorf("%d controls, stopped %q", controls, l.stopped)
	}
	for _, v := range l.facts().Versions {
		if v.Offered == mail.NotKnown || !v.Complete {
			t.Errorf("%+v", v)
		}
	}
}

// Dovecot chooses Diffie-Hellman without parameters and fails, as does who prefers it to all else.
func TestAServerThatFailsAtWhatItChoosesShowsTheRest(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]uint16{"last": {ecdheGCM, ecdheCBC, dheCBC, rsaCBC}, "first": {dheCBC, ecdheGCM, ecdheCBC, rsaCBC}} {
		for _, how := range []verdict{choked, hungUp} {
			m := &model{suites: map[uint16][]uint16{v12: order}, groups: []uint16{x25519}, fails: how}
			l := m.survey()
			v := l.facts().Versions[1]
			if want := slices.DeleteFunc(slices.Clone(order), overIntegers); !slices.Equal(l.versions[1].suites, want) || !v.Complete || v.Offered != mail.Yes {
				t.Errorf("%s, %s: %+v, want %x", name, how, v, want)
			}
			if l.connections > 14 {
				t.Errorf("%s, %s: %d connections", name, how, l.connections)
			}
		}
	}
	if v := (&model{suites: map[uint16][]uint16{v12: {dheCBC}}, fails: choked}).survey().facts().Versions[1]; v.Offered != mail.NotKnown {
		t.Errorf("alone: %+v", v)
	}
	dhe := &model{suites: map[uint16][]uint16{v12: {dheCBC}, v11: {dheCBC}}, bits: 1024}
	first := true
	dhe.odd = func(int, step) (reply, bool) { once := first; first = false; return reply{verdict: choked}, once }
	if facts := dhe.survey().facts(); facts.Versions[1].Offered != mail.Yes || !facts.Versions[1].Complete || facts.DHBits != 1024 {
		t.Errorf("%+v", facts)
	}
}

func TestWhatIsNotKnownIsNeverNo(t *testing.T) {
	t.Parallel()
	old := func(s step) bool { return s.aim == aimVersions && s.offer.Versions[0] == v11 }
	for _, tt := range []struct {
		name    string
		odd     func(n int, s step) (reply, bool)
		stopped string // the beginning
		old     mail.Fact
		known12 bool // TLS 1.2 is known whole
	}{
		{
			"an old hello is never answered",
			func(_ int, s step) (reply, bool) { return reply{verdict: unclear, why: "no answer"}, old(s) }, "", mail.NotKnown, true,
		},
		{
			"it hangs up for good",
			func(n int, _ step) (reply, bool) { return reply{verdict: hungUp, why: "reset"}, n > 6 },
			"the server no longer answers what it has answered before: reset", mail.No, false,
		},
		{
			"it is busy once",
			func(n int, _ step) (reply, bool) { return reply{verdict: turnedAway, why: "421"}, n == 6 }, "", mail.No, true,
		},
		{
			"it is busy twice",
			func(n int, _ step) (reply, bool) { return reply{verdict: turnedAway, why: "421"}, n == 6 || n == 9 },
			"the server turned further connections away: 421", mail.No, false,
		},
		{
			"it is busy from the first on",
			func(int, step) (reply, bool) { return reply{verdict: turnedAway, why: "421"}, true },
			"the server turned further connections away: 421", mail.NotKnown, false,
		},
		{
			"it is silent after the first connection, which was not the survey's",
			func(n int, _ step) (reply, bool) { return reply{verdict: unclear, why: "no answer"}, n < 3 },
			"the server gives no answer that makes sense: no answer", mail.NotKnown, false,
		},
		{
			"the time is over",
			func(n int, _ step) (reply, bool) { return reply{verdict: cutShort}, n == 2 }, "the time was over", mail.NotKnown, false,
		},
		{
			"it takes suites that nobody offered",
			func(_ int, s step) (reply, bool) {
				return reply{verdict: taken, choice: wire.Choice{Version: v12, Suite: 0xabcd}}, s.aim == aimSuites
			}, "", mail.No, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := modern()
			m.odd = tt.odd
			facts := m.survey().facts()
			if !strings.HasPrefix(facts.Stopped, tt.stopped) || (facts.Stopped == "") != (tt.stopped == "") {
				t.Errorf("stopped %q, want %q", facts.Stopped, tt.stopped)
			}
			if got := facts.Versions[2]; got.Offered != tt.old || got.Offered == mail.NotKnown && got.Suites != nil {
				t.Errorf("%+v, want %v", got, tt.old)
			}
			if got := facts.Versions[1]; got.Complete != tt.known12 {
				t.Errorf("%+v, want complete %v", got, tt.known12)
			}
			if facts.PostQuantum == mail.No {
				t.Error("post-quantum is said not to be there")
			}
		})
	}
}

func TestAPauseComesBeforeTheSecondTry(t *testing.T) {
	t.Parallel()
	m := modern()
	m.odd = func(n int, _ step) (reply, bool) { return reply{verdict: turnedAway}, n == 3 }
	m.survey()
	for i, s := range m.asked {
		if s.wait != (i == 3) || i == 3 && s.aim != m.asked[2].aim {
			t.Errorf("step %d: %s, waits %v", i, s.aim, s.wait)
		}
	}
}

// What was not known by an offer is no control of one.
func TestAnOfferIsControlledByAnOffer(t *testing.T) {
	t.Parallel()
	m := modern()
	m.odd = func(_ int, s step) (reply, bool) {
		return reply{verdict: hungUp, why: "gone"}, s.aim == aimVersions || s.aim == aimALPN
	}
	facts := m.survey().facts()
	if facts.WithoutName != mail.SameWithoutName || facts.ALPN != "" || facts.Versions[0].Offered != mail.NotKnown {
		t.Errorf("%+v", facts)
	}
}

// A server that takes everything that is asked for costs no more than the limit.
func TestASurveyIsBounded(t *testing.T) {
	t.Parallel()
	m := &model{suites: map[uint16][]uint16{}, groups: slices.Concat(wire.SurveyGroups(v13), wire.SurveyGroups(v12))}
	for _, v := range wire.SurveyVersions() {
		m.suites[v] = wire.SurveySuites(v)
	}
	l := m.survey()
	if l.connections != maxSurvey || !strings.Contains(l.stopped, "150 connections") {
		t.Errorf("%d connections, stopped %q", l.connections, l.stopped)
	}
	for _, v := range l.versions {
		if v.offered != mail.Yes {
			t.Errorf("%s was not even found", wire.VersionName(v.id))
		}
	}
}

func TestNoOfferIsMadeTwice(t *testing.T) {
	t.Parallel()
	m := modern()
	m.survey()
	seen := map[string]bool{}
	for _, s := range m.asked {
		key := fmt.Sprint(s)
		if seen[key] {
			t.Errorf("%s twice: %v", s.aim, s.offer)
		}
		seen[key] = true
		if n := len(s.offer.Suites); n >= 128 {
			t.Errorf("%s: %d suites at once", s.aim, n)
		}
	}
}

// Whatever a server answers, the survey comes to an end, and asks nothing for nothing.
func TestASurveyOfNonsenseEnds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		some := func(list ...uint16) uint16 { return list[r.IntN(len(list))] }
		m := &model{odd: func(int, step) (reply, bool) {
			return reply{
				verdict: []verdict{taken, taken, taken, refused, hungUp, unclear, choked}[r.IntN(7)],
				choice: wire.Choice{
					Version: some(v13, v12, v11, v10, ssl3, 0), Suite: some(aes128, chacha, ecdheGCM, dheCBC, rsaRC4, 0), Group: some(x25519, mlkem, p256, 0),
				},
			}, true
		}}
		if l := m.survey(); l.connections > 40 {
			t.Errorf("seed %d: %d connections, stopped %q", seed, l.connections, l.stopped)
		}
	}
}

func TestAServerThatAnswersAllAlikeEndsTheSurvey(t *testing.T) {
	t.Parallel()
	for _, c := range []wire.Choice{{Version: v12, Suite: rsaCBC}, {Version: v13, Suite: aes128, Group: x25519}, {Version: ssl3, Suite: rsaRC4}, {}} {
		m := &model{odd: func(int, step) (reply, bool) { return reply{verdict: taken, choice: c}, true }}
		if l := m.survey(); l.connections > 12 {
			t.Errorf("%+v: %d connections", c, l.connections)
		}
	}
}

func TestTheUsualHandshakeIsBelieved(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.spoke = "TLS 1.3"
	s, _ := l.next()
	l.learn(s, reply{verdict: refused})
	if got := l.facts().Versions[0]; got.Offered != mail.Yes || got.Complete || got.Suites != nil {
		t.Errorf("%+v", got)
	}
}

func TestWithoutANameAndALPNAreTold(t *testing.T) {
	t.Parallel()
	shown := &mail.Certificate{Subject: "CN=a", Names: []string{"a.example"}, SHA256: "aa"}
	other := &mail.Certificate{Subject: "CN=a", Names: []string{"a.example"}, SHA256: "bb"} // renewed on one of two machines
	for _, tt := range []struct {
		aim     aim
		reply   reply
		without mail.NameDependence
		alpn    mail.ALPNAnswer
	}{
		{aimName, reply{verdict: taken, presentation: wire.Presentation{Certificate: shown}}, mail.SameWithoutName, ""},
		{aimName, reply{verdict: taken, presentation: wire.Presentation{Certificate: other}}, mail.OtherWithoutName, ""},
		{aimName, reply{verdict: refused}, mail.RefusedWithoutName, ""},
		{aimName, reply{verdict: unclear}, "", ""},
		{aimALPN, reply{verdict: taken, presentation: wire.Presentation{Protocol: "imap"}}, "", mail.ALPNChosen},
		{aimALPN, reply{verdict: taken}, "", mail.ALPNIgnored},
		{aimALPN, reply{verdict: refused}, "", mail.ALPNRefused},
		{aimALPN, reply{verdict: unclear}, "", ""},
	} {
		l := newLedger()
		l.alpn, l.shown = "imap", shown
		l.settle(step{aim: tt.aim}, tt.reply)
		facts := l.facts()
		if facts.WithoutName != tt.without || facts.ALPN != tt.alpn || (facts.OtherCertificate != nil) != (tt.without == mail.OtherWithoutName) {
			t.Errorf("%s %s: %+v", tt.aim, tt.reply.verdict, facts)
		}
	}
}
