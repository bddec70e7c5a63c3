package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// proxyRule is about a proxy that stands between this computer and every server.
func proxyRule() rule {
	return rule{
		id: "net.proxy-failed", looksFor: "the proxy through which servers are asked cannot be used",
		severity: mail.Critical, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 1928 section 3"},
		words: words{
			title:  "The proxy {proxy} cannot be used",
			detail: "No server could be asked through it, so nothing is known about the mail service itself.[ What happened: {fault}.]",
			fix:    "Check the address of the proxy, and that it runs and lets you in. To ask without it, leave --proxy out.",
		},
		headline: "Nothing could be tested: the proxy {proxy} cannot be used.",
		silences: []silence{{[]string{"*"}, everything}},
		check:    (*index).findProxyFailed,
	}
}

// vantageRule tells from where the servers were seen, where that is a choice.
func vantageRule() rule {
	return rule{
		id: "run.vantage", looksFor: "servers are seen from somewhere else than usual",
		severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 1928 section 1"},
		words: words{
			title:  "The servers were asked through the proxy {proxy}",
			detail: "What is said of them is what they show there. Names were looked up from here.",
			fix:    "Nothing. Without --proxy they are asked from this computer.",
		},
		variants: map[string]words{"source": {
			title:  "The servers were asked from the address {from}",
			detail: "What is said of them is what they show to that address. Names were looked up as usual.",
			fix:    "Nothing. Without --source the system chooses the address.",
		}},
		check: (*index).findVantage,
	}
}

// noProxy reports whether connections failed for a proxy, and none was made.
func (x *index) noProxy() bool {
	return slices.ContainsFunc(x.ofKind(mail.KindDial), blamesProxy) && !x.anyConnection()
}

func blamesProxy(o mail.Observation) bool { return o.DialFacts != nil && o.ViaFailed }

func (x *index) findProxyFailed() []hit {
	if !x.noProxy() {
		return nil
	}
	var blaming []mail.Observation
	for _, o := range x.ofKind(mail.KindDial) {
		if blamesProxy(o) {
			blaming = append(blaming, o)
		}
	}
	hits := x.domainHit(ids(blaming)...)
	hits[0].params = params{"proxy": blaming[0].Via, "fault": ""}
	if f := blaming[0].Failure; f != nil {
		hits[0].params["fault"] = said(f.Detail)
	}
	return hits
}

func (x *index) findVantage() []hit {
	for _, o := range x.ofKind(mail.KindDial) {
		if o.DialFacts == nil || o.Via == "" && o.From == "" {
			continue
		}
		hits := x.domainHit(o.ID)
		hits[0].params = params{"proxy": o.Via, "from": o.From}
		if o.Via == "" {
			hits[0].variant = "source"
		}
		return hits
	}
	return nil
}
