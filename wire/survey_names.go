package wire

import (
	"cmp"
	"crypto/tls"
	"slices"
	"strings"
)

// SurveyVersions are the versions that a survey asks for, newest first.
func SurveyVersions() []uint16 {
	return []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10, versionSSL30}
}

// SurveySuites are the cipher suites that a survey asks for in a version, the
// good ones first as mail programs do, and fewer than the 128 in one ClientHello
// that some servers choke on. What needs a key
// that mail servers have not is left out: pre-shared and fixed Diffie-Hellman
// keys, Kerberos, SRP and GOST.
func SurveySuites(version uint16) []uint16 {
	all := append(offeredSuites(), rareSuites()...)
	all = slices.DeleteFunc(all, func(s suite) bool { return !s.fits(version) })
	slices.SortStableFunc(all, func(a, b suite) int { return cmp.Compare(a.faults(), b.faults()) })
	return idsOf(all)
}

// faults counts what a suite lacks that a good one has: an AEAD and a key that is forgotten.
func (s suite) faults() int {
	n := 0
	if !strings.Contains(s.name, "GCM") && !strings.Contains(s.name, "POLY1305") && !strings.Contains(s.name, "CCM") {
		n++
	}
	if strings.HasPrefix(s.name, "TLS_RSA_") || strings.Contains(s.name, "_anon_") {
		n += 2
	}
	return n
}

// fits reports whether a suite is defined for a version: those of TLS 1.3
// for that alone (RFC 8446 appendix B.4), those with SHA-256, SHA-384 or an AEAD
// since TLS 1.2 (RFC 5246 appendix A.5), and those of elliptic curves since TLS 1.0 (RFC 8422).
func (s suite) fits(version uint16) bool {
	newest := s.id>>8 == 0x13
	old := strings.HasSuffix(s.name, "_SHA") || strings.HasSuffix(s.name, "_MD5")
	switch {
	case version == tls.VersionTLS13 || newest:
		return version == tls.VersionTLS13 && newest
	case version == tls.VersionTLS12:
		return true
	case version == versionSSL30:
		return old && !strings.Contains(s.name, "_EC")
	default:
		return old
	}
}

// rareSuites are those that hardly a server takes.
func rareSuites() []suite {
	return []suite{
		{0x1304, "TLS_AES_128_CCM_SHA256"},
		{0x1305, "TLS_AES_128_CCM_8_SHA256"},
		{0xc052, "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256"},
		{0xc053, "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384"},
		{0xc05c, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"},
		{0xc05d, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384"},
		{0xc060, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"},
		{0xc061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"},
		{0xc07c, "TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
		{0xc07d, "TLS_DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
		{0xc086, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256"},
		{0xc087, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384"},
		{0xc08a, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
		{0xc08b, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
		{0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM"},
		{0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM"},
		{0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
		{0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8"},
		{0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
		{0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
		{0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
		{0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
		{0x009a, "TLS_DHE_RSA_WITH_SEED_CBC_SHA"},
		{0x00be, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
		{0x00c4, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
		{0xc044, "TLS_DHE_RSA_WITH_ARIA_128_CBC_SHA256"},
		{0xc045, "TLS_DHE_RSA_WITH_ARIA_256_CBC_SHA384"},
		{0xc048, "TLS_ECDHE_ECDSA_WITH_ARIA_128_CBC_SHA256"},
		{0xc049, "TLS_ECDHE_ECDSA_WITH_ARIA_256_CBC_SHA384"},
		{0xc04c, "TLS_ECDHE_RSA_WITH_ARIA_128_CBC_SHA256"},
		{0xc04d, "TLS_ECDHE_RSA_WITH_ARIA_256_CBC_SHA384"},
		{0xc072, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"},
		{0xc073, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384"},
		{0xc076, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
		{0xc077, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384"},
		{0xc050, "TLS_RSA_WITH_ARIA_128_GCM_SHA256"},
		{0xc051, "TLS_RSA_WITH_ARIA_256_GCM_SHA384"},
		{0xc07a, "TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256"},
		{0xc07b, "TLS_RSA_WITH_CAMELLIA_256_GCM_SHA384"},
		{0xc09c, "TLS_RSA_WITH_AES_128_CCM"},
		{0xc09d, "TLS_RSA_WITH_AES_256_CCM"},
		{0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8"},
		{0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8"},
		{0x00ba, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
		{0x00c0, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
		{0xc03c, "TLS_RSA_WITH_ARIA_128_CBC_SHA256"},
		{0xc03d, "TLS_RSA_WITH_ARIA_256_CBC_SHA384"},
		{0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"},
		{0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"},
		{0x001a, "TLS_DH_anon_WITH_DES_CBC_SHA"},
		{0x0046, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA"},
		{0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"},
		{0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256"},
		{0x0089, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA"},
		{0xc016, "TLS_ECDH_anon_WITH_RC4_128_SHA"},
		{0xc017, "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA"},
		{0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"},
		{0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"},
		{0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"},
		{0x0019, "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA"},
		{0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"},
		{0x00bf, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256"},
		{0x00c5, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256"},
		{0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"},
		{0xc015, "TLS_ECDH_anon_WITH_NULL_SHA"},
	}
}

// A group is a way to exchange keys.
type group struct {
	id   uint16
	name string // as most people write it
}

// groups13 are the key exchange groups that a survey asks for in TLS 1.3.
func groups13() []group {
	return []group{
		{uint16(tls.X25519MLKEM768), "X25519MLKEM768"},
		{uint16(tls.SecP256r1MLKEM768), "SecP256r1MLKEM768"},
		{uint16(tls.SecP384r1MLKEM1024), "SecP384r1MLKEM1024"},
		{0x0201, "MLKEM768"},
		{0x0202, "MLKEM1024"},
		{0x0200, "MLKEM512"},
		{0x6399, "X25519Kyber768Draft00"},
		{uint16(tls.X25519), "X25519"},
		{uint16(tls.CurveP256), "P-256"},
		{0x001e, "X448"},
		{uint16(tls.CurveP384), "P-384"},
		{uint16(tls.CurveP521), "P-521"},
		{0x001f, "brainpoolP256r1tls13"},
		{0x0020, "brainpoolP384r1tls13"},
		{0x0021, "brainpoolP512r1tls13"},
		{groupFFDHE2048, "ffdhe2048"},
		{groupFFDHE3072, "ffdhe3072"},
		{0x0102, "ffdhe4096"},
		{0x0103, "ffdhe6144"},
		{0x0104, "ffdhe8192"},
	}
}

// groups12 are the elliptic curves of older versions, RFC 8422 section 5.1.1.
func groups12() []group {
	return []group{
		{uint16(tls.X25519), "X25519"},
		{uint16(tls.CurveP256), "P-256"},
		{0x001e, "X448"},
		{uint16(tls.CurveP384), "P-384"},
		{uint16(tls.CurveP521), "P-521"},
		{0x001a, "brainpoolP256r1"},
		{0x001b, "brainpoolP384r1"},
		{0x001c, "brainpoolP512r1"},
		{0x0016, "secp256k1"},
		{0x0014, "secp224k1"},
		{0x0015, "secp224r1"},
		{0x0012, "secp192k1"},
		{0x0013, "secp192r1"},
		{0x000d, "sect571k1"},
		{0x000e, "sect571r1"},
		{0x000b, "sect409k1"},
		{0x000c, "sect409r1"},
		{0x0009, "sect283k1"},
		{0x000a, "sect283r1"},
		{0x0008, "sect239k1"},
		{0x0006, "sect233k1"},
		{0x0007, "sect233r1"},
		{0x0001, "sect163k1"},
		{0x0002, "sect163r1"},
		{0x0003, "sect163r2"},
	}
}

// Groups of RFC 7919 that crypto/tls does not know.
const (
	groupFFDHE2048 = 0x0100
	groupFFDHE3072 = 0x0101
)

// SurveyGroups are the key exchange groups that a survey asks for in a version.
func SurveyGroups(version uint16) []uint16 {
	list := groups12()
	if version == tls.VersionTLS13 {
		list = groups13()
	}
	ids := make([]uint16, len(list))
	for i, g := range list {
		ids[i] = g.id
	}
	return ids
}

// PostQuantum reports whether a key exchange with the group cannot be broken
// later by a quantum computer.
func PostQuantum(id uint16) bool {
	name := GroupName(id)
	return strings.Contains(name, "MLKEM") || strings.Contains(name, "Kyber")
}

// GroupName gives the name of a key exchange group.
func GroupName(id uint16) string {
	for _, g := range slices.Concat(groups13(), groups12()) {
		if g.id == id {
			return g.name
		}
	}
	return tls.CurveID(id).String()
}

// SuiteName gives the name of a cipher suite in the registry of IANA, and its
// number where it is not known.
func SuiteName(id uint16) string { return suiteName(id) }

// VersionName gives the name of a version as people write it.
func VersionName(id uint16) string { return versionName(id) }
