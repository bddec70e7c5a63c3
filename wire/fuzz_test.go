package wire

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/miekg/dns"
)

// Whatever arrives, a message that is taken answers the question and has the
// records that its header announces.
func FuzzParseReply(f *testing.F) {
	query := new(dns.Msg).SetQuestion("example.com.", dns.TypeMX)
	query.Id = 4711
	answer := new(dns.Msg).SetReply(query)
	answer.Answer = []dns.RR{&dns.MX{Hdr: dns.RR_Header{Name: "example.com.", Rrtype: dns.TypeMX, Class: dns.ClassINET}, Mx: "mx.example.com."}}
	packed, err := answer.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packed[:len(packed)-5])
	f.Add(packed[:12])
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := parseReply(message, query)
		if err != nil {
			if got != nil {
				t.Fatal("a message comes with an error")
			}
			return
		}
		if got.Id != query.Id || !got.Response || len(got.Question) > 1 || !countsMatch(message, got) {
			t.Fatalf("taken: %v", got)
		}
		if len(got.Question) == 1 && !strings.EqualFold(got.Question[0].Name, "example.com.") {
			t.Fatalf("an answer for %s is taken", got.Question[0].Name)
		}
		a := newAnswer(questionFor("example.com", "MX"))
		chain := chain{question: questionFor("example.com", "MX"), visited: []string{"example.com."}}
		if _, err := chain.follow(got); err == nil {
			a.fill(chain.records)
		}
		if len(a.Observation.Records) > len(got.Answer) {
			t.Fatal("more records than answers")
		}
	})
}

// Printable text has nothing that a terminal acts on, and is bounded.
func FuzzPrintable(f *testing.F) {
	f.Add("plain", 10)
	f.Add("\x1b[2J\u202e\xff\u0085ü", 100)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, min(limit, 1000))
		got := printable(s, limit)
		if !utf8.ValidString(got) || len(got) > limit+len("…") {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
	})
}

// What the parser escapes, unescape gives back byte for byte.
func FuzzUnescape(f *testing.F) {
	f.Add([]byte("v=spf1 -all"))
	f.Add([]byte("\"\\;\x00\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || len(text) > 255 {
			return
		}
		m := new(dns.Msg).SetQuestion("a.", dns.TypeTXT)
		m.Answer = []dns.RR{&dns.RFC3597{
			Hdr:   dns.RR_Header{Name: "a.", Rrtype: dns.TypeTXT, Class: dns.ClassINET},
			Rdata: hexOf(append([]byte{byte(len(text))}, text...)),
		}}
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Unpack(packed); err != nil {
			t.Fatal(err)
		}
		if got := unescape(m.Answer[0].(*dns.TXT).Txt[0]); got != string(text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.WriteByte(digits[c>>4])
		s.WriteByte(digits[c&15])
	}
	return s.String()
}
