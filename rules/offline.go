package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// offline reports whether nothing could be tested from here.
func (x *index) offline() bool { return x.noDNS() || x.noNetwork() || x.noProxy() }

// isOffline reports whether a finding says so.
func isOffline(f mail.Finding) bool {
	return slices.Contains([]string{"net.no-dns", "net.offline", "net.proxy-failed", "net.captive-portal"}, f.ID)
}

// noDNS reports whether questions were asked and none was answered, and nobody
// could be reached without. A resolver in this computer that has lost its way
// out answers SERVFAIL to everything; that counts only where names outside the
// domain were asked for too, since a domain may be broken for everybody.
func (x *index) noDNS() bool {
	asked, failures, elsewhere := 0, 0, false
	for _, o := range x.ofKind(mail.KindDNS) {
		asked++
		switch failureClass(o) {
		case "", mail.DNSNXDomain, mail.DNSNoData:
			return false
		case mail.DNSServFail:
			failures++
			elsewhere = elsewhere || o.DNSFacts != nil && !within(o.Name, x.Target.Domain)
		case mail.Deadline, mail.PolicyRefused:
			asked--
		}
	}
	return asked > 0 && !x.anyConnection() && (failures < asked || elsewhere)
}

// noNetwork reports whether every connection failed for want of a route, and no
// resolver outside of this computer answered.
func (x *index) noNetwork() bool {
	attempts := x.ofKind(mail.KindDial)
	unreachable := func(o mail.Observation) bool { return failureClass(o) == mail.Unreachable }
	if len(attempts) == 0 || x.anyConnection() || slices.ContainsFunc(attempts, func(o mail.Observation) bool { return !unreachable(o) }) {
		return false
	}
	return !slices.ContainsFunc(x.ofKind(mail.KindDNS), answeredFromOutside)
}

// answeredFromOutside reports whether another computer answered a question.
func answeredFromOutside(o mail.Observation) bool {
	switch failureClass(o) {
	case "", mail.DNSNXDomain, mail.DNSNoData, mail.DNSServFail:
	default:
		return false
	}
	if o.DNSFacts == nil {
		return false
	}
	resolver, err := netip.ParseAddrPort(o.Resolver)
	return err != nil || !resolver.Addr().IsLoopback()
}

// anyConnection reports whether a connection to any server or web server was made.
func (x *index) anyConnection() bool {
	return slices.ContainsFunc(x.ordered, func(o mail.Observation) bool {
		switch o.Kind {
		case mail.KindDial:
			return succeeded(o) || failureClass(o) == mail.Refused
		case mail.KindTLS, mail.KindSession:
			return true
		case mail.KindHTTP:
			return answeredWeb(o)
		case mail.KindDNS, mail.KindAuth, mail.KindMailbox, mail.KindSend:
		}
		return false
	})
}

// answeredWeb reports whether a web server answered.
func answeredWeb(o mail.Observation) bool { return o.HTTPFacts != nil && o.Status > 0 }

// within reports whether name is domain or below it.
func within(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}
