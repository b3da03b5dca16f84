// SPDX-License-Identifier: BSD-2-Clause
// SipHash as the programs compute it, against the vectors of its authors.
#include <snoop/siphash.h>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace snoop {
namespace {

using Hash = std::array<unsigned char, 16>;

// The text is the bytes 0, 1, 2 …; the key is 0, 1 … 15.
Hash hash_of(unsigned length)
{
    std::vector<unsigned char> text(length + 8), key(16);
    for (unsigned i = 0; i < length; i++)
        text[i] = static_cast<unsigned char>(i);
    for (unsigned i = 0; i < 16; i++)
        key[i] = static_cast<unsigned char>(i);
    const auto word_at = [](const std::vector<unsigned char> &bytes, unsigned at) {
        __u64 word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof(word));
        return word;
    };
    const __u64 words[2] = {word_at(key, 0), word_at(key, 8)};
    siphash sip = siphash_begin(words);
    unsigned at = 0;

    for (; at + 8 <= length; at += 8)
        siphash_word(&sip, word_at(text, at), 2);
    __u64 hash[2];
    siphash_end(&sip, word_at(text, at) | static_cast<__u64>(length) << 56, 2, 4, hash);
    Hash bytes;
    std::memcpy(bytes.data(), hash, sizeof(hash));
    return bytes;
}

TEST(SipHash, VectorsOfItsAuthors)
{
    EXPECT_EQ(hash_of(0),
              (Hash{0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}));
    EXPECT_EQ(hash_of(1),
              (Hash{0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}));
    EXPECT_EQ(hash_of(8),
              (Hash{0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}));
    EXPECT_EQ(hash_of(63),
              (Hash{0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c}));
}

} // namespace
} // namespace snoop
