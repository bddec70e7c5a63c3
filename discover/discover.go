// Package discover turns an address or a domain into candidates: endpoints with
// claims about them. Every source is one file and asks at once with all others:
//
//	mx.go        MX records: the hosts on port 25, the provider, what is derived from them
//	srv.go       SRV records, RFC 6186 and RFC 8314
//	pacc.go      the domain's PACC document with its digest, draft-ietf-mailmaint-pacc
//	autoconfig.go  the domain's own autoconfig documents, and its parent's
//	autodiscover.go  Microsoft Autodiscover, MS-OXDSCLI, without ever a password
//	mailconf.go  the TXT record that names an autoconfig document
//	jmap.go      JMAP and ManageSieve, RFC 8620 and RFC 5804
//	ispdb.go     the ISPDB of Thunderbird or another of the same layout
//	provider.go  the table that is built in, by domain and by MX
//	guess.go     the usual host names, only when asked for
//	pins.go      what the user fixed
//
// A document of any format becomes a content (content.go), with notes on what
// was passed over in it. What is found is emitted as it comes. merge.go folds
// it, so that a candidate carries every claim about it; services.go does so for
// what is published beside mail access.
//
// The user's address is told to https hosts of the domain itself and to nobody
// else. Where Autodiscover leads elsewhere, it is asked about the postmaster.
package discover

import (
	"context"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// ThunderbirdISPDB is the base of the ISPDB that is asked by default.
const ThunderbirdISPDB = "https://autoconfig.thunderbird.net/v1.1/"

// Options say which sources to ask. The zero value asks all of them.
type Options struct {
	// ISPDB is the base URL of an ISPDB; "" stands for [ThunderbirdISPDB].
	// One with http is asked as well, and its claims are cleartext.
	ISPDB string
	// NoThirdParty asks nobody but the domain's DNS, its own servers and those
	// that its records and documents name.
	NoThirdParty bool
	// Pins are servers that the user fixed. No other source's candidates of
	// their protocols are emitted, MX hosts apart. A pin without a port stands
	// for the standard ports of its protocol, one without a security for what
	// its port says.
	Pins []mail.Endpoint
}

// Pending is one question that waits for its answer.
type Pending struct {
	Source  mail.Source
	Subject string     // a URL, or the id of a dns observation
	Best    mail.Trust // the best that the answer could still claim
}

// Result is what is known once everything was answered or stopped.
type Result struct {
	Provider *mail.Provider // nil when none is known
	Services []mail.Service // what is published beside mail access, sorted
	Stopped  []Pending      // what was cut short, sorted by source and subject
	NotAsked []NotAsked     // what was left out on purpose, sorted likewise
}

// NotAsked is one question that was left out on purpose, which is something
// else than an answer that says no and than one that did not come.
type NotAsked struct {
	Source  mail.Source
	Subject string // the domain, URL or host that would have been asked about
	Why     string // for people, such as "third parties are not to be asked"
}

// Start asks every source at once and returns. Observations, and candidates
// with proof published, go to emit, from several goroutines and one at a time,
// perhaps before Start returns; a candidate is emitted again, whole, each time
// its claims grew. emit may call Pending and Stop,
// and must not wait for the Search.
//
// When ctx ends, every question ends. The caller must call [Search.Wait].
func Start(ctx context.Context, n *wire.Network, target mail.Target, o Options, emit func(mail.Event)) *Search {
	s := newSearch(ctx, n, target, o, emit)
	s.askPins()
	s.askProviderByDomain()
	if why := unpublished(target); why != "" {
		s.leaveOutAll(why)
	} else {
		s.askMX()
		s.askSRV()
		s.askPACC()
		s.askAutoconfig()
		s.askAutodiscover()
		s.askMailconf()
		s.askJMAP()
		s.askISPDB()
		s.surveyGuesses()
	}
	s.watch()
	return s
}

// unpublished says why nobody can have published anything for a target, and ""
// where somebody can.
func unpublished(t mail.Target) string {
	if _, literal := t.Literal(); literal {
		return "the address names its host by an IP address, for which nothing is published"
	}
	if wire.OrganisationalDomain(t.Domain) == "" {
		return "nobody in particular owns this name, so that whoever answered could be anybody"
	}
	return ""
}

// leaveOutAll notes that no source is asked over the network.
func (s *Search) leaveOutAll(why string) {
	for _, source := range []mail.Source{
		mail.SourcePACC, mail.SourceAutoconfig, mail.SourceAutodiscover, mail.SourceSRV, mail.SourceISPDB,
		mail.SourceMX, mail.SourceTXT, mail.SourceJMAP,
	} {
		s.leaveOut(source, s.target.Domain, why)
	}
}
