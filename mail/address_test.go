package mail

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTargetReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ input, address, domain string }{
		"an address":                        {"anna@example.org", "anna@example.org", "example.org"},
		"spaces around it":                  {"  anna@example.org\n", "anna@example.org", "example.org"},
		"the domain in upper case":          {"Anna@EXAMPLE.org", "Anna@example.org", "example.org"},
		"a name in front":                   {"Anna Berg <anna@example.org>", "anna@example.org", "example.org"},
		"a mailto link":                     {"mailto:anna@example.org?subject=hi", "anna@example.org", "example.org"},
		"a domain":                          {"example.org", "", "example.org"},
		"a bare host":                       {"localhost", "", "localhost"},
		"a final dot":                       {"anna@example.org.", "anna@example.org", "example.org"},
		"an IDN":                            {"ü@bücher.example", "ü@xn--bcher-kva.example", "xn--bcher-kva.example"},
		"a full-width at the domain":        {"anna@ｅxample.org", "anna@example.org", "example.org"},
		"an address literal":                {"anna@[192.0.2.1]", "anna@[192.0.2.1]", "[192.0.2.1]"},
		"an IPv6 literal":                   {"anna@[IPv6:2001:DB8::1]", "anna@[2001:db8::1]", "[2001:db8::1]"},
		"a quoted local part with an @":     {`"a@b"@example.org`, `"a@b"@example.org`, "example.org"},
		"an underscore in the domain":       {"anna@my_host.example", "anna@my_host.example", "my_host.example"},
		"a plus in the local part":          {"anna+list@example.org", "anna+list@example.org", "example.org"},
		"hyphens in the third and fourth":   {"anna@ab--cd.example", "anna@ab--cd.example", "ab--cd.example"},
		"a sharp s that is not two letters": {"a@straße.example", "a@xn--strae-oqa.example", "xn--strae-oqa.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseTarget(c.input)
			if err != nil {
				t.Fatal(err)
			}
			if got.Address != c.address || got.Domain != c.domain || got.Input != c.input {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestParseTargetSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"":                                     "empty",
		"   ":                                  "empty",
		"@example.org":                         "before the @",
		"anna@":                                "after the @",
		"a@b@c.example":                        "more than one @",
		"an na@example.org":                    "space",
		"anna@exa mple.org":                    "not have the character",
		"anna@a..b":                            "not a domain",
		"anna@" + strings.Repeat("a", 64):      "not a domain",
		strings.Repeat("a", 65) + "@a.example": "64 bytes",
		"anna@192.0.2.1":                       "anna@[192.0.2.1]",
		"anna@[300.1.1.1]":                     "not an IP address",
		"anna\x00@example.org":                 "control character",
		"anna@\xff.example":                    "UTF-8",
		"https://example.org/":                 "not have the character",
	} {
		t.Run(input, func(t *testing.T) {
			t.Parallel()
			got, err := ParseTarget(input)
			if !errors.Is(err, ErrTarget) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if got != (Target{}) {
				t.Errorf("an error comes with %+v", got)
			}
			if want == "not have the character" {
				want = "a domain name cannot have"
				if strings.Contains(err.Error(), "is not a domain name") {
					return
				}
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		})
	}
}

func TestDisplayAddressShowsPeopleTheirOwnLetters(t *testing.T) {
	t.Parallel()
	target, err := ParseTarget("jürgen@bücher.example")
	if err != nil {
		t.Fatal(err)
	}
	if got := target.DisplayAddress(); got != "jürgen@bücher.example" {
		t.Error(got)
	}
	target.Address = ""
	if got := target.DisplayAddress(); got != "bücher.example" {
		t.Error(got)
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"anna@example.org", "<a@b>", "mailto:a@b", "a@[::1]", "ü@bücher.example", "@", "a@b@c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		target, err := ParseTarget(input)
		if err != nil {
			return
		}
		text := target.Domain
		if target.Address != "" {
			text = target.Address
		}
		again, err := ParseTarget(text)
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", input, text, err)
		}
		if again.Address != target.Address || again.Domain != target.Domain {
			t.Fatalf("%q is not stable: %+v, then %+v", input, target, again)
		}
	})
}
