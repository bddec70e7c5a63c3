package rules

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	// clockTolerance is how far clocks may differ before one of them is wrong:
	// sign-in tokens and many programs bear no more.
	clockTolerance = 5 * time.Minute
	// clockAgreement is how far two clocks that tell the right time may differ.
	clockAgreement = 10 * time.Minute
)

func clockRule() rule {
	return rule{
		id: "net.clock-wrong", looksFor: "the clock of this computer is wrong",
		severity: mail.Error, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 5280 section 4.1.2.5", "RFC 9110 section 6.6.1"},
		words: words{
			title:  "The clock of this computer is {off}",
			detail: "By its date the certificates of {hosts} are out of date, which they are not[: {witnesses} {witnesses:tells|tell} another time]. Every mail program here refuses to connect, and so do web browsers.",
			fix:    "Set the date, the time and the time zone of this computer, best by letting it set them by itself. Then run this again.",
		},
		variants: map[string]words{"alike": {
			detail: "By its date the certificates of servers that have nothing to do with one another are all out of date: {witnesses}. Every mail program here refuses to connect, and so do web browsers.",
		}, "house": {
			fix: "Set the date, the time and the time zone of this computer, best by letting it set them by itself, and run this again. If they are right, the clocks of those servers are wrong.",
		}, "harmless": {
			detail: "{witnesses} {witnesses:tells|tell} another time. Certificates are good all the same, but codes and tokens for signing in, which are valid for minutes, may be rejected.",
		}},
		headline: "Nothing could be tested: the clock of this computer is {off}.",
		silences: []silence{
			{[]string{"tls.certificate-expired", "tls.certificate-not-yet-valid", "tls.chain-incomplete", "server.address-certificate"}, sameServers},
			{[]string{"tls.certificate-expires-soon", "tls.stale-status", "discovery.*", "run.incomplete"}, everything},
		},
		check: func(x *index) []hit { return x.path.clock },
	}
}

// A witness is somebody who tells something of the time.
type witness struct {
	observation mail.Observation
	site, host  string
	ahead       *time.Duration    // of this computer's clock, where it says so
	certificate *mail.Certificate // whose dates can be compared with the time; nil for none
	fault       mail.Class        // cert-expired, cert-not-yet-valid, or "" where the certificate is good by this computer's clock
}

// witnesses gives them, those of control hosts last.
func (x *index) witnesses() []witness {
	var list []witness
	for _, o := range x.wholeView() {
		w := witness{observation: o, host: hostSeen(o)}
		w.site = siteOf(w.host)
		if o.ClockMS != nil {
			ahead := time.Duration(*o.ClockMS) * time.Millisecond
			w.ahead = &ahead
		}
		if o.TLSFacts != nil && o.Attempt == "" && len(o.Certificates) > 0 {
			switch w.fault = failureClass(o); w.fault {
			case "", mail.CertExpired, mail.CertNotYetValid:
				w.certificate = &o.Certificates[0]
			}
		}
		if w.host != "" && (w.ahead != nil || w.certificate != nil) {
			list = append(list, w)
		}
	}
	return list
}

// agrees reports whether a certificate is good at a time, or nearly.
func (w witness) agrees(at time.Time) bool {
	const nearly = 24 * time.Hour
	return !at.Before(w.certificate.NotBefore.Add(-nearly)) && !at.After(w.certificate.NotAfter.Add(nearly))
}

// severalAddresses reports whether the witnesses are several computers.
func severalAddresses(witnesses []witness) bool {
	var list []string
	for _, w := range witnesses {
		list = append(list, w.observation.Address)
	}
	return len(slices.DeleteFunc(distinct(list), func(address string) bool { return address == "" })) > 1
}

// lookAtClock compares this computer's clock with those of servers, and with the
// dates of certificates that fail alike. A server's clock may itself be wrong, so
// that it takes two that have nothing to do with each other, and none that
// contradicts. Where one house has all of them, it is likely at least.
func (x *index) lookAtClock() []hit {
	all := x.witnesses()
	var told, faulty, good []witness
	for _, w := range all {
		switch {
		case w.ahead != nil && w.ahead.Abs() < clockTolerance:
			return nil // somebody tells the same time
		case w.ahead != nil:
			told = append(told, w)
		case w.fault != "":
			faulty = append(faulty, w)
		default:
			good = append(good, w)
		}
	}
	if len(told) == 0 {
		return x.clockByCertificates(faulty, good)
	}
	offset := *told[len(told)-1].ahead // a control host's, where there is one
	contradicts := func(w witness) bool { return !w.agrees(x.Now.Add(offset)) }
	if slices.ContainsFunc(told, func(w witness) bool { return (*w.ahead - offset).Abs() > clockAgreement }) || slices.ContainsFunc(good, contradicts) {
		return nil
	}
	faulty = slices.DeleteFunc(faulty, contradicts)
	whole := append(slices.Clone(told), faulty...)
	sure := independent(whole)
	if !sure && (len(faulty) == 0 || !severalAddresses(whole)) {
		return nil
	}
	h := x.clockHit(whole, func(s *server) bool {
		c, ok := s.certificate()
		return ok && witness{certificate: &c}.agrees(x.Now.Add(offset))
	})
	h.params = params{"off": offWords(offset, ""), "witnesses": hostsTold(told)}
	switch {
	case !sure:
		h.variant, h.confidence, h.params["off"] = "house", mail.Likely, "probably "+offWords(offset, "")
	case len(faulty) == 0:
		h.variant, h.severity = "harmless", mail.Warning
	}
	if len(h.servers) == 0 && len(faulty) > 0 {
		h.params["hosts"] = hostsTold(faulty)
	}
	return []hit{h}
}

// clockByCertificates is for a run in which nobody tells the time: certificates
// of several owners are out of date in the same way, and none is good.
func (x *index) clockByCertificates(faulty, good []witness) []hit {
	if len(good) > 0 || !independent(faulty) || slices.ContainsFunc(faulty, func(w witness) bool { return w.fault != faulty[0].fault }) {
		return nil
	}
	h := x.clockHit(faulty, func(*server) bool { return true })
	h.variant, h.confidence = "alike", mail.Likely
	if slices.ContainsFunc(faulty, func(w witness) bool { return w.observation.Control }) {
		h.confidence = mail.Certain // such a server does not let its certificate expire
	}
	var offset time.Duration
	for _, w := range faulty {
		if w.fault == mail.CertExpired {
			offset = min(offset, w.certificate.NotAfter.Sub(x.Now))
		} else {
			offset = max(offset, w.certificate.NotBefore.Sub(x.Now))
		}
	}
	h.params = params{"off": offWords(offset, "at least "), "witnesses": hostsTold(faulty)}
	if h.confidence == mail.Likely {
		h.params["off"] = "probably " + offWords(offset, "at least ")
	}
	return []hit{h}
}

// clockHit makes the hit of those servers whose certificates are out of date only
// by this computer's clock.
func (x *index) clockHit(witnesses []witness, explained func(*server) bool) hit {
	h := hit{subject: x.subject(), confidence: mail.Certain}
	for _, s := range x.servers {
		if s.concerns() && (s.faultClass() == mail.CertExpired || s.faultClass() == mail.CertNotYetValid) && explained(s) {
			h.servers = append(h.servers, s)
		}
	}
	for _, w := range witnesses {
		h.evidence = append(h.evidence, w.observation.ID)
	}
	return h
}

// independent reports whether two of the witnesses have nothing to do with each
// other: neither the owner in common, nor the address, at which a portal or a
// proxy may speak for both.
func independent(witnesses []witness) bool {
	return slices.ContainsFunc(witnesses, func(a witness) bool {
		return slices.ContainsFunc(witnesses, func(b witness) bool {
			return a.site != b.site && (a.observation.Address == "" || a.observation.Address != b.observation.Address)
		})
	})
}

func hostsTold(witnesses []witness) []string {
	var hosts []string
	for _, w := range witnesses {
		hosts = append(hosts, mail.DisplayName(w.host))
	}
	return distinct(hosts)
}

// offWords says how wrong a clock is that others are ahead of.
func offWords(ahead time.Duration, bound string) string {
	way := "behind"
	if ahead < 0 {
		way = "fast"
	}
	const day = 24 * time.Hour
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		n := int(math.Round(float64(ahead.Abs()) / float64(unit.length)))
		if n >= 2 || unit.length == time.Minute {
			return fmt.Sprintf("%s%d %s %s", bound, n, plural(n, unit.name), way)
		}
	}
	return way
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
