package report

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// compared says which control hosts were asked, who did not choose to be part of this.
func (v *view) compared() {
	if hosts := v.controlHosts(); len(hosts) > 0 {
		v.paragraph(2, v.ink.faint, "To tell the servers from this network, "+strings.Join(hosts, " and ")+" "+
			wasOrWere(len(hosts))+" asked for a connection too; no address or password goes there (--no-third-party leaves them out).")
	}
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// controlHosts gives the control hosts that were asked, in the order of their names.
func (v *view) controlHosts() []string {
	var hosts []string
	for _, e := range v.controlEndpoints() {
		hosts = append(hosts, v.hostName(e.Host))
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

func (v *view) controlEndpoints() []mail.Endpoint {
	var list []mail.Endpoint
	for _, o := range v.r.Observations {
		e, err := mail.ParseEndpoint(o.Subject)
		if o.Control && o.Kind != mail.KindDNS && err == nil && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// controls puts what came of asking the control hosts, which is part of how the
// cause was found.
func (v *view) controls() {
	endpoints := v.controlEndpoints()
	if !v.o.Explain && v.o.Verbose == 0 || len(endpoints) == 0 {
		return
	}
	v.heading("Control hosts, asked to compare")
	for _, e := range endpoints {
		v.blank()
		v.paragraph(2, v.ink.bold, v.subjectWords(e.String()))
		for _, o := range v.r.Observations {
			switch {
			case !o.Control || o.Subject != e.String():
			case isAttempt(o):
				v.alsoTried(o)
			default:
				v.serverFacts(o)
			}
		}
	}
}
