// Package providers is what mailmedic knows of mail providers without asking
// anybody: their servers, by mail domain and by MX host, and their rules, such
// as that an app password is needed. The facts stand in providers.txt.
package providers

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
)

//go:embed providers.txt
var text string

// Provider is one row of the table.
type Provider struct {
	mail.Provider
	Domains []string // of mail addresses
	MX      []string // ends of the names of MX hosts
	Servers []Server
	OAuth   string   // the id of the Issuer whose tokens the servers take; empty where none is known
	Gateway bool     // a filter or forwarder in front of a mailbox
	Sources []string // where the servers were read: ispdb, provider-db, help-page
}

// Server is one server of a provider. At and User may hold the placeholders
// %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN%.
type Server struct {
	At   string   // an endpoint in text form
	User string   // empty where it does not follow from the address
	Auth []string // SASL names in lower case, best first
}

// index is the table by all that it is asked for.
type index struct {
	rows                 []*Provider
	domains, mx, servers map[string]*Provider
}

// table is read when it is first asked. That the embedded text is without
// fault is a test's business: of a faulty one the rows before the fault count.
var table = sync.OnceValue(func() index {
	rows, _ := parse(text)
	return newIndex(rows)
})

func newIndex(rows []*Provider) index {
	ix := index{rows, map[string]*Provider{}, map[string]*Provider{}, map[string]*Provider{}}
	for _, p := range rows {
		for _, domain := range p.Domains {
			ix.domains[domain] = p
		}
		for _, suffix := range p.MX {
			ix.mx[suffix] = p
		}
		for _, s := range p.Servers {
			if e, err := mail.ParseEndpoint(s.At); err == nil && ix.servers[e.Host] == nil {
				ix.servers[e.Host] = p
			}
		}
	}
	return ix
}

// ByDomain gives the provider of a mail domain, and nil where none is known.
func ByDomain(domain string) *Provider { return table().domains[domain] }

// ByServer gives the provider that has a server of this name, the first by id
// where several have, and nil where none is known.
func ByServer(host string) *Provider { return table().servers[host] }

// ByMX gives the provider that an MX host belongs to, by the longest end of
// its name that is known, and nil where none is.
func ByMX(host string) *Provider {
	if p := byMX(host); p != nil && !p.Gateway {
		return p
	}
	return nil
}

// IsGateway reports whether an MX host is known to be a filter or a forwarder
// in front of the mailbox, so that it says nothing of where the mailbox is.
func IsGateway(host string) bool {
	p := byMX(host)
	return p != nil && p.Gateway
}

func byMX(host string) *Provider {
	for suffix := host; suffix != ""; _, suffix, _ = strings.Cut(suffix, ".") {
		if p := table().mx[suffix]; p != nil {
			return p
		}
	}
	return nil
}
