package discover

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// jmapPath is where a host keeps its JMAP session, RFC 8620 section 2.2.
const jmapPath = "/.well-known/jmap"

// sievePort is the registered port of ManageSieve, RFC 5804 section 1.8.
const sievePort = 4190

// askJMAP asks for what is published of JMAP and ManageSieve. Neither is probed.
func (s *Search) askJMAP() {
	s.askServiceRecord("_jmap._tcp.", func(srv wire.SRV, host string) mail.Service {
		at := "https://" + host
		if srv.Port != 443 {
			at += ":" + strconv.Itoa(int(srv.Port))
		}
		return mail.Service{Type: "jmap", URL: at + jmapPath}
	})
	s.askServiceRecord("_sieve._tcp.", func(srv wire.SRV, host string) mail.Service {
		return mail.Service{Type: "managesieve", Host: host, Port: srv.Port, Security: mail.StartTLS}
	})
	s.askSession()
}

// askServiceRecord asks for an SRV record whose targets are services.
func (s *Search) askServiceRecord(label string, service func(wire.SRV, string) mail.Service) {
	name := label + s.target.Domain
	s.ask(Pending{mail.SourceSRV, "srv:" + name, mail.TrustAuthenticated}, func(ctx context.Context) bool {
		answer := s.net.Lookup(ctx, name, "SRV")
		if cut(answer.Failure()) {
			return false
		}
		var n notes
		if notOffered(answer) {
			n.add("the domain says that it has no such service")
		}
		for i, srv := range answer.SRV {
			host, err := mail.ParseDomain(srv.Target)
			if err != nil || srv.Port == 0 || i >= maxTargets {
				continue
			}
			trust := srvTrust(answer.Authentic(), host, s.target.Domain)
			s.carry([]mail.Service{service(srv, host)}, mail.SourceSRV, trust, answer.Observation.ID)
		}
		seen := answer.Observation
		seen.Notes = n.list
		s.found(mail.SourceSRV, []mail.Observation{seen}, nil)
		return true
	})
}

// askSession asks the domain's own web host for its JMAP session. It tells
// nothing of an account before a sign-in, so that a refusal means that it exists.
func (s *Search) askSession() {
	place := "https://" + s.target.Domain + jmapPath
	s.ask(Pending{mail.SourceJMAP, place, mail.TrustAuthenticated}, func(ctx context.Context) bool {
		fetched := s.net.GetTelling(ctx, place, s.keepBack(false))
		if cut(fetched.Observation.Failure) {
			return false
		}
		seen := fetched.Observation
		trust, why := fetchedTrust(mail.TrustAuthenticated, place, fetched)
		var c content
		switch {
		case seen.Status == http.StatusUnauthorized:
			c.notes.add("it wants a sign-in, as JMAP does: nothing was sent")
		case seen.Failure == nil && !isSession(fetched.Body):
			seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: "not a JMAP session"}
		}
		if seen.Failure == nil || seen.Status == http.StatusUnauthorized {
			c.notes.addReason(why)
			c.addService(mail.Service{Type: "jmap", URL: fetched.FinalURL.String()})
		}
		s.publish(c, mail.SourceJMAP, trust, fetched.Related, seen)
		return true
	})
}

// isSession reports whether a document is a JMAP session, RFC 8620 section 2.
func isSession(body []byte) bool {
	var session struct {
		Capabilities section `json:"capabilities"`
		APIURL       string  `json:"apiUrl"`
	}
	return json.Unmarshal(body, &session) == nil && session.Capabilities != nil && session.APIURL != ""
}
