package wire

import (
	"crypto/tls"
	"fmt"
	"slices"
)

// A suite is a cipher suite with its name in the registry of IANA.
type suite struct {
	id   uint16
	name string
}

// oldSuites are the suites that crypto/tls has no name for, strongest first:
// ephemeral Diffie-Hellman over integers, Camellia, DES, export grade, without a
// certificate and without any encryption.
func oldSuites() []suite {
	return []suite{
		{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
		{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
		{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
		{0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
		{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
		{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
		{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
		{0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"},
		{0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"},
		{0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"},
		{0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"},
		{0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
		{0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"},
		{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
		{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
		{0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
		{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
		{0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
		{0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"},
		{0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"},
		{0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA"},
		{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
		{0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
		{0x0012, "TLS_DHE_DSS_WITH_DES_CBC_SHA"},
		{0x0009, "TLS_RSA_WITH_DES_CBC_SHA"},
		{0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"},
		{0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"},
		{0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
		{0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"},
		{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
		{0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA"},
		{0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
		{0x001b, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"},
		{0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"},
		{0x003b, "TLS_RSA_WITH_NULL_SHA256"},
		{0x0002, "TLS_RSA_WITH_NULL_SHA"},
		{0x0001, "TLS_RSA_WITH_NULL_MD5"},
	}
}

// everySuite gives all suites that are offered to a server of which nothing is
// known: those of crypto/tls, the good ones first, and the old ones.
func everySuite() []uint16 { return idsOf(offeredSuites()) }

func offeredSuites() []suite {
	var list []suite
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		list = append(list, suite{s.ID, s.Name})
	}
	return append(list, oldSuites()...)
}

func idsOf(suites []suite) []uint16 {
	ids := make([]uint16, len(suites))
	for i, s := range suites {
		ids[i] = s.id
	}
	return ids
}

// suiteName gives the IANA name of a suite, and its number where it is not known.
func suiteName(id uint16) string {
	if name := tls.CipherSuiteName(id); name != fmt.Sprintf("0x%04X", id) {
		return name
	}
	for _, list := range [][]suite{oldSuites(), rareSuites()} {
		for _, s := range list {
			if s.id == id {
				return s.name
			}
		}
	}
	return fmt.Sprintf("0x%04x", id)
}

// versionName gives the name of a version as people write it.
func versionName(id uint16) string {
	if id == versionSSL30 {
		return "SSL 3.0"
	}
	return tls.VersionName(id)
}
