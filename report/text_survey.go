package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// surveys puts what the servers take of all that TLS has, where that was asked
// for. Servers that take the same share one block.
func (v *view) surveys() {
	blocks := v.surveyBlocks()
	if len(blocks) == 0 {
		return
	}
	v.heading("TLS survey")
	for _, same := range blocks {
		v.blank()
		for _, o := range same {
			v.paragraph(2, v.ink.bold, v.subjectWords(o.Subject))
		}
		v.surveyFacts(*same[0].Survey)
		v.survey("Asked over", surveyCost(same))
		v.survey("Stopped early", same[0].Survey.Stopped)
	}
}

func isSurvey(o mail.Observation) bool { return o.TLSFacts != nil && o.Survey != nil }

// surveyBlocks gives the surveys in the order of their servers, those together that found the same.
func (v *view) surveyBlocks() [][]mail.Observation {
	var blocks [][]mail.Observation
	at := map[string]int{}
	for _, subject := range v.endpoints() {
		for _, o := range v.at[subject] {
			if !isSurvey(o) {
				continue
			}
			found := *o.Survey
			found.Connections = 0         // what it took is no difference
			key, _ := json.Marshal(found) // plain data
			i, known := at[string(key)]
			if !known {
				i, at[string(key)] = len(blocks), len(blocks)
				blocks = append(blocks, nil)
			}
			blocks[i] = append(blocks[i], o)
		}
	}
	return blocks
}

// survey puts one thing that a survey found.
func (v *view) survey(label, text string) { v.labelled(4, 20, label, text) }

func (v *view) surveyFacts(s mail.TLSSurvey) {
	var refused, unknown []string
	for i, version := range s.Versions {
		switch version.Offered {
		case mail.Yes:
			v.surveyedVersion(version, s.Versions[:i])
		case mail.No:
			refused = append(refused, version.Version)
		case mail.NotKnown:
			unknown = append(unknown, version.Version)
		}
	}
	v.survey("Refused", strings.Join(refused, ", "))
	v.survey("Not known", strings.Join(unknown, ", "))
	v.survey("Key exchange", surveyedGroups(s))
	v.survey("Post-quantum", map[mail.Fact]string{mail.Yes: "yes", mail.No: "no", mail.NotKnown: "not known"}[s.PostQuantum])
	if s.DHBits > 0 {
		v.survey("Diffie-Hellman", fmt.Sprintf("%d bits", s.DHBits))
	}
	v.survey("No server name", withoutNameWords(s))
	v.survey("ALPN", map[mail.ALPNAnswer]string{mail.ALPNChosen: "answered", mail.ALPNIgnored: "not answered", mail.ALPNRefused: "refuses the protocol's own name"}[s.ALPN])
}

// surveyedVersion puts the suites of one version, unless a newer one has the same.
func (v *view) surveyedVersion(version mail.SurveyedVersion, newer []mail.SurveyedVersion) {
	words := count(len(version.Suites), "suite")
	switch {
	case len(version.Suites) == 0:
		words = "accepted, suites not known"
	case !version.Complete:
		words = "at least " + words
	}
	switch version.Order {
	case mail.ServerOrder:
		words += ", in the server's order"
	case mail.ClientOrder:
		words += ", the client chooses"
	}
	same := slices.IndexFunc(newer, func(n mail.SurveyedVersion) bool { return slices.Equal(n.Suites, version.Suites) })
	if same >= 0 && len(version.Suites) > 1 {
		v.survey(version.Version, words+": those of "+newer[same].Version)
		return
	}
	v.survey(version.Version, words)
	for _, suite := range version.Suites {
		v.survey("", suite)
	}
}

func surveyedGroups(s mail.TLSSurvey) string {
	words := strings.Join(s.Groups, ", ")
	if words != "" && !s.GroupsComplete {
		words += ", perhaps others"
	}
	return words
}

func withoutNameWords(s mail.TLSSurvey) string {
	switch s.WithoutName {
	case mail.SameWithoutName:
		return "the same certificate"
	case mail.RefusedWithoutName:
		return "refused"
	case mail.OtherWithoutName:
		if c := s.OtherCertificate; c != nil {
			return join(", for ", "another certificate: "+c.Subject, strings.Join(c.Names, ", "))
		}
		return "another certificate"
	}
	return ""
}

// surveyCost says what surveys took.
func surveyCost(list []mail.Observation) string {
	connections := func(o mail.Observation) int64 { return int64(o.Survey.Connections) }
	took := func(o mail.Observation) int64 { return o.TookMS }
	fewest, most := extremes(list, connections)
	fastest, slowest := extremes(list, took)
	words, each := count(int(most), "connection"), ""
	if fewest < most {
		words = fmt.Sprintf("%d to %s", fewest, words)
	}
	if len(list) > 1 {
		each = " each"
	}
	if seconds(fastest) == seconds(slowest) {
		return words + each + " in " + seconds(slowest)
	}
	return fmt.Sprintf("%s%s in %s to %s", words, each, seconds(fastest), seconds(slowest))
}

func extremes(list []mail.Observation, of func(mail.Observation) int64) (least, greatest int64) {
	least, greatest = of(list[0]), of(list[0])
	for _, o := range list {
		least, greatest = min(least, of(o)), max(greatest, of(o))
	}
	return least, greatest
}
