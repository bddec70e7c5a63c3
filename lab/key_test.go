package lab

import (
	"bytes"
	"testing"
	"time"
)

func TestTwoRunsOfADayShowTheSameCertificates(t *testing.T) {
	t.Parallel()
	made := func(c certificateConfig, hour int) [][]byte {
		a, err := newAuthority(time.Date(2026, time.November, 22, hour, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := a.certificate(c, []string{"mail.example"})
		if err != nil {
			t.Fatal(err)
		}
		return certificate.Certificate
	}
	for _, kind := range []string{"", "expired", "self-signed", "unknown-ca", "common-name"} {
		first, second := made(certificateConfig{Kind: kind}, 3), made(certificateConfig{Kind: kind}, 21)
		for i := range first {
			if !bytes.Equal(first[i], second[i]) {
				t.Errorf("%q: certificate %d differs", kind, i)
			}
		}
	}
	if one, other := made(certificateConfig{}, 3), made(certificateConfig{Days: 5}, 3); bytes.Equal(one[0], other[0]) || !bytes.Equal(one[1], other[1]) {
		t.Error("different certificates are the same, or one authority is two")
	}
}
