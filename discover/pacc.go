package discover

import (
	"context"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// askPACC asks for the domain's PACC document and, at the same time, for the
// TXT record that vouches for it (draft-ietf-mailmaint-pacc).
func (s *Search) askPACC() {
	domain := s.target.Domain
	place := "https://ua-auto-config." + domain + "/.well-known/user-agent-configuration.json"
	s.ask(Pending{mail.SourcePACC, place, mail.TrustAuthenticated}, func(ctx context.Context) bool {
		var digests wire.Answer
		var fetched wire.Fetched
		var both sync.WaitGroup
		var crashes [2]*wire.Crash
		both.Go(func() {
			crashes[0] = wire.Catch(func() { digests = s.net.Lookup(ctx, "_ua-auto-config."+domain, "TXT") })
		})
		both.Go(func() {
			crashes[1] = wire.Catch(func() { fetched = s.net.GetTelling(ctx, place, s.keepBack(false)) })
		})
		both.Wait()
		crashes[0].Raise()
		crashes[1].Raise()
		if cut(digests.Failure()) || cut(fetched.Observation.Failure) {
			return false
		}
		s.readPACC(place, digests, fetched)
		return true
	})
}

// readPACC emits what was seen and what the document says, if it is to be read.
func (s *Search) readPACC(place string, digests wire.Answer, fetched wire.Fetched) {
	record, seen := digests.Observation, fetched.Observation
	record.Notes = digestNotes(digests)
	related := append(fetched.Related, record)
	c, trust := content{}, mail.TrustAuthenticated
	noteLogin(&c.notes, seen)
	if seen.Failure == nil {
		c, trust, seen.Failure = s.believePACC(place, digests, fetched)
	}
	s.publish(c, mail.SourcePACC, trust, related, seen)
}

// believePACC reads a document and says how far it can be believed, or why it
// is of no use.
func (s *Search) believePACC(place string, digests wire.Answer, fetched wire.Fetched) (content, mail.Trust, *mail.Failure) {
	trust, why := checkDigest(digests, fetched.Body)
	if trust == "" {
		return content{}, trust, &mail.Failure{Class: mail.HTTPBody, Detail: why}
	}
	c, err := parsePACC(fetched.Body, s.target)
	if err != nil {
		return content{}, trust, &mail.Failure{Class: mail.HTTPBody, Detail: err.Error()}
	}
	hops, strayed := fetchedTrust(trust, place, fetched)
	c.notes.addReason(why)
	c.notes.addReason(strayed)
	if m := fetched.Observation.MediaType; m != "" && m != "application/json" {
		c.notes.add("the document is served as %s and not as application/json", quote(m))
	}
	return c, hops, nil
}
