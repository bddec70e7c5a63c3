package rules

import "github.com/mailmedic/mailmedic/mail"

// A program is what is known of how a mail program looks for settings. Each
// entry says what that rests on; what nobody documents is said in its notes and
// not invented. The entries were last looked at in 2026-11.
type program struct {
	name     string
	places   []place // in its order
	whole    bool    // it takes both servers from one place, or goes on
	protocol []mail.Protocol
	reading  reading
	naming   bool // it fills in the address where no user name is given
	asks     bool // it asks its user before it takes settings that came over http
	exchange bool // it asks Autodiscover for Exchange accounts beside all this
	outlook  bool // it asks Microsoft 365 by itself
	notes    []string
}

// A reading is how a program reads a document.
type reading struct {
	xmlOnly       bool // a document that is not served as XML is none
	refusesPlain  bool // a server without encryption spoils the whole document
	skipsPlain    bool // it passes over servers without encryption
	needsUsername bool // it passes over servers without a user name
	last          bool // of several servers for one task it keeps the last and not the first
	tries         bool // it tries the servers one after another until one works
}

// A place is where a program looks.
type place struct {
	kind  placeKind
	at    string // of a page: its URL; of a name: the DNS name; of an own list: what to call it. {domain} stands for the domain
	group group  // of the places of one group it takes the first that says something
	each  []place
}

type placeKind int

const (
	placePage      placeKind = iota // a document on the web
	placeDirectory                  // the entry of the domain in the ISPDB
	placeRecords                    // the SRV records of RFC 6186 and RFC 8314
	placeService                    // the SRV record that leads to an Autodiscover service
	placeBehindMX                   // further places, for the domains above the MX host
	placeNames                      // usual names of servers, which it tries
	placeOwnList                    // something of the program's own, which mailmedic does not have
)

type group int

const (
	alone group = iota
	documents
)

// The places that several programs ask.
const (
	autoconfigHTTPS = "https://autoconfig.{domain}/mail/config-v1.1.xml"
	autoconfigHTTP  = "http://autoconfig.{domain}/mail/config-v1.1.xml"
	wellKnownHTTPS  = "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"
	wellKnownHTTP   = "http://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"
	discoverRoot    = "https://{domain}/autodiscover/autodiscover.xml"
	discoverHost    = "https://autodiscover.{domain}/autodiscover/autodiscover.xml"
	discoverHTTP    = "http://autodiscover.{domain}/autodiscover/autodiscover.xml"
)

// programs gives the programs that are simulated, in the order in which they are told.
func programs() []program {
	return []program{
		thunderbird(), thunderbirdAndroid(), appleMail(), outlookNew(), outlookClassic(), deltaChat(), evolution(),
	}
}

func webPage(url string) place { return place{kind: placePage, at: url, group: documents} }

func everyProtocol() []mail.Protocol { return []mail.Protocol{mail.IMAP, mail.POP3, mail.SMTP} }

// thunderbird rests on Thunderbird's source, which is its documentation:
// FindConfig.sys.mjs (the order: a file beside the program, the domain's own
// documents, the ISPDB, what is behind the MX host; then guessing),
// FetchConfig.sys.mjs (the URLs; the MX host's domains over https only),
// readFromXML.sys.mjs (the first valid server counts) and GuessConfig.sys.mjs
// (the names). That http comes before the ISPDB follows from that order.
func thunderbird() program {
	return program{
		name: "Thunderbird", whole: true, protocol: everyProtocol(), exchange: true,
		reading: reading{xmlOnly: true, needsUsername: true},
		places: []place{
			webPage(autoconfigHTTPS), webPage(wellKnownHTTPS), webPage(autoconfigHTTP), webPage(wellKnownHTTP),
			{kind: placeDirectory, group: documents},
			{kind: placeBehindMX, each: []place{webPage(autoconfigHTTPS), {kind: placeDirectory, group: documents}}},
			{kind: placeNames, at: "imap pop3 pop smtp mail"},
		},
		notes: []string{
			"Thunderbird does not look at SRV records.",
			"It asks Autodiscover at the same time, but only for Exchange accounts.",
		},
	}
}

// thunderbirdAndroid rests on the source of Thunderbird for Android:
// RealAutoDiscoveryRegistry.kt (the domain's documents, the ISPDB, the MX
// host's domains), ProviderAutoconfigUrlProvider.kt and
// PostMxLookupAutoconfigUrlProvider.kt (the URLs), RealAutoconfigParser.kt (one
// bad server spoils the document; IMAP only).
func thunderbirdAndroid() program {
	return program{
		name: "Thunderbird for Android", whole: true, protocol: []mail.Protocol{mail.IMAP, mail.SMTP}, asks: true,
		reading: reading{refusesPlain: true, needsUsername: true},
		places: []place{
			webPage(autoconfigHTTPS), webPage(wellKnownHTTPS), webPage(autoconfigHTTP), webPage(wellKnownHTTP),
			{kind: placeDirectory, group: documents},
			{kind: placeBehindMX, each: []place{webPage(autoconfigHTTPS), {kind: placeDirectory, group: documents}}},
		},
		notes: []string{"Thunderbird for Android looks at no SRV records, does not guess, and sets up IMAP only."},
	}
}

// appleMail rests on support.apple.com/102619, which says that Mail finds the
// settings of many providers by itself and else asks for them, and not how. No
// document of Apple's names SRV records, autoconfig or Autodiscover for IMAP
// accounts; Apple is an author of draft-ietf-mailmaint-pacc.
func appleMail() program {
	return program{
		name: "Apple Mail", whole: true, protocol: everyProtocol(),
		places: []place{{kind: placeOwnList, at: "Apple's own list of providers"}},
		notes: []string{
			"What it would choose is not known: Apple does not document where Mail looks for settings beyond its own list; that it reads SRV records or autoconfig documents is nowhere said.",
			"For a domain that is not on the list the user types the servers in, or installs a configuration profile.",
			"Apple is an author of the PACC draft; no released version is known to use it.",
		},
	}
}

// outlookNew rests on Microsoft's help pages about adding accounts and syncing
// them to the Microsoft cloud, which do not say where servers are looked up.
func outlookNew() program {
	return program{
		name: "Outlook (new)", whole: true, outlook: true, protocol: []mail.Protocol{mail.IMAP, mail.SMTP},
		places: []place{{kind: placeOwnList, at: "Microsoft's detection service"}},
		notes: []string{
			"What it would choose is not known: the new Outlook leaves the search to a service of Microsoft, which does not document where it looks for IMAP settings.",
			"It keeps IMAP accounts in Microsoft's cloud: the sign-in comes from there and not from the user's network.",
		},
	}
}

// outlookClassic rests on "Plan to automatically configure user accounts in
// Outlook" (learn.microsoft.com, cc511507), written for Outlook 2007 and 2010:
// Autodiscover at the domain and at autodiscover.D, and then common names with
// and without encryption; the http redirect and the SRV record are in
// [MS-OXDISCO] section 3.1.5; that Microsoft 365 is asked too stands in "Outlook
// 2016 implementation of Autodiscover" (support.microsoft.com). Whether later
// versions still take IMAP settings from Autodiscover is not documented.
func outlookClassic() program {
	return program{
		name: "Outlook (classic)", whole: true, protocol: everyProtocol(), naming: true, outlook: true,
		places: []place{
			webPage(discoverRoot), webPage(discoverHost), webPage(discoverHTTP),
			{kind: placeService, at: "_autodiscover._tcp.{domain}", group: documents},
			{kind: placeNames, at: "imap pop pop3 smtp mail"},
		},
		notes: []string{
			"Outlook uses Autodiscover only: it looks at no SRV records of mail servers and at no autoconfig document.",
			"That it takes IMAP servers from Autodiscover is documented for Outlook 2007 and 2010 only, and which names it guesses is not.",
		},
	}
}

// deltaChat rests on the source of chatmail/core: configure.rs (its list of
// providers, then the URLs in this order), auto_mozilla.rs and auto_outlook.rs
// (IMAP and SMTP only). Autodiscover is asked by GET and without a login.
func deltaChat() program {
	return program{
		name: "Delta Chat", protocol: []mail.Protocol{mail.IMAP, mail.SMTP}, naming: true,
		reading: reading{skipsPlain: true, tries: true},
		places: []place{
			{kind: placeOwnList, at: "Delta Chat's own list of providers"},
			webPage(autoconfigHTTPS), webPage(wellKnownHTTPS), webPage(autoconfigHTTP),
			webPage(discoverRoot), webPage(discoverHost),
			{kind: placeDirectory, group: documents},
			{kind: placeNames, at: "imap smtp mail"},
		},
		notes: []string{
			"If the domain is on Delta Chat's own list, nothing else is asked.",
			"Delta Chat looks at no SRV records, and asks Autodiscover without a login.",
		},
	}
}

// evolution rests on the source of GNOME Evolution: e-mail-autoconfig.c (the
// documents, http of autoconfig.D before https of the web host, the ISPDB, the
// same for the MX host and the domains above it; the last server of a kind
// counts) and e-srv-config-lookup.c (SRV records, ranked after documents).
func evolution() program {
	each := []place{
		webPage(autoconfigHTTPS), webPage(autoconfigHTTP), webPage(wellKnownHTTPS), webPage(wellKnownHTTP),
		{kind: placeDirectory, group: documents},
	}
	return program{
		name: "Evolution", protocol: everyProtocol(), naming: true,
		reading: reading{last: true},
		places:  append(append([]place{}, each...), place{kind: placeBehindMX, each: each}, place{kind: placeRecords}),
		notes: []string{
			"Evolution offers what it found to its user, documents before SRV records.",
			"A newer version may read a PACC document too (merge request 219 of 2026); which comes first is not known here.",
		},
	}
}
