// SPDX-License-Identifier: BSD-2-Clause
// Attacks that race: a rival moves what is opened.
#include "openguard/attack.hpp"

#include <atomic>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace snoop::test {
namespace {

// Each of these moves something there and back.
void to_and_fro(const std::string &a, const std::string &b)
{
    tell(rename(a.c_str(), b.c_str()));
    tell(rename(b.c_str(), a.c_str()));
}
void moves_file(const Arena &a) { to_and_fro(a.secret, a.outside("secret")); }
void moves_directory(const Arena &a) { to_and_fro(a.inner, a.outside("inner")); }
void exchanges(const std::string &a, const std::string &b)
{
    tell(renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE));
}

int reads_wherever_directory_is(const Arena &a) { return either(reads(a.secret), reads(a.outside("inner/secret"))); }

// A symbolic link takes the place of another one.
void points(const std::string &to, const Arena &a)
{
    tell(symlink(to.c_str(), a.outside("new").c_str()));
    tell(rename(a.outside("new").c_str(), a.outside("way").c_str()));
}

std::string deep_below(const std::string &top) { return top + "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20"; }

void prepare_deep(const Arena &a)
{
    const std::string bottom = deep_below(a.inner);

    for (std::size_t at = a.inner.size(); at != bottom.npos; at = bottom.find('/', at + 1))
        mkdir(bottom.substr(0, at).c_str(), 0777);
    mkdir(bottom.c_str(), 0777);
    rename(a.secret.c_str(), (bottom + "/secret").c_str());
}

// A thread reads from the descriptor that a file would get while another opens it.
int races_with_reader(const Arena &a)
{
    std::atomic<bool> seen = false, done = false;
    std::thread reader{[&] {
        while (!done)
            for (int fd = 3; fd < 16; fd++)
                if (has_secret(fd))
                    seen = true;
    }};

    int err = 0;
    for (int i = 0; i < 100 && !seen; i++)
        err = opened(open(a.secret.c_str(), O_RDONLY | O_CLOEXEC));
    done = true;
    reader.join();
    return seen ? 0 : err ? err : EAGAIN;
}

} // namespace

std::vector<Attack> races()
{
    return {
        {.name = "file_moves",
         .attempt = [](const Arena &a) { return either(reads(a.secret), reads(a.outside("secret"))); },
         .rival = moves_file},
        {.name = "directory_moves", .attempt = reads_wherever_directory_is, .rival = moves_directory},
        {.name = "files_exchanged",
         .attempt = [](const Arena &a) { return either(reads(a.secret), reads(a.decoys + "/secret")); },
         .rival = [](const Arena &a) { exchanges(a.secret, a.decoys + "/secret"); }},
        {.name = "directories_exchanged",
         .attempt = [](const Arena &a) { return either(reads(a.secret), reads(a.decoys + "/secret")); },
         .rival = [](const Arena &a) { exchanges(a.inner, a.decoys); }},
        {.name = "symlink_swapped",
         .attempt = [](const Arena &a) { return reads(a.outside("way/secret")); },
         .rival =
             [](const Arena &a) {
                 points(a.inner, a);
                 points(a.decoys, a);
             }},
        {.name = "symlink_exchanged_with_directory",
         .attempt = [](const Arena &a) { return either(reads(a.secret), reads(a.outside("way/secret"))); },
         .rival = [](const Arena &a) { exchanges(a.inner, a.outside("way")); },
         .prepare = [](const Arena &a) { symlink(a.decoys.c_str(), a.outside("way").c_str()); }},
        {.name = "link_comes_and_goes",
         .attempt = [](const Arena &a) { return reads(a.outside("link")); },
         .rival =
             [](const Arena &a) {
                 tell(link(a.secret.c_str(), a.outside("link").c_str()));
                 unlink(a.outside("link").c_str());
             }},
        {.name = "name_hops",
         .attempt = [](const Arena &a) { return either(reads(a.secret), reads(a.outside("hop"))); },
         .rival =
             [](const Arena &a) {
                 tell(link(a.secret.c_str(), a.outside("hop").c_str()));
                 if (access(a.outside("hop").c_str(), F_OK) == 0)
                     unlink(a.secret.c_str());
                 tell(rename(a.outside("hop").c_str(), a.secret.c_str()));
             }},
        {.name = "top_of_many_directories_moves",
         .attempt =
             [](const Arena &a) {
                 return either(reads(deep_below(a.inner) + "/secret"),
                               reads(deep_below(a.outside("inner")) + "/secret"));
             },
         .rival = moves_directory,
         .prepare = prepare_deep},
        {.name = "descriptor_of_moving_directory",
         .attempt =
             [](const Arena &a) {
                 static int at = -1;
                 if (at < 0) // it may just have been away
                     at = open(a.inner.c_str(), O_PATH | O_CLOEXEC);
                 return reads(openat(at, "secret", O_RDONLY | O_CLOEXEC));
             },
         .rival = moves_directory},
        {.name = "working_directory_moves",
         .attempt = [](const Arena &a) { return chdir(a.inner.c_str()) == 0 ? reads("secret") : errno; },
         .rival = moves_directory},
        {.name = "other_files_move_at_full_rate",
         .attempt = reads_wherever_directory_is,
         .rival =
             [](const Arena &a) {
                 for (int i = 0; i < 50; i++)
                     to_and_fro(a.decoys, a.outside("others"));
                 moves_directory(a);
             }},
        {.name = "moves_while_created",
         .attempt =
             [](const Arena &a) {
                 return opened(open((a.inner + "/new").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
             },
         .rival = moves_directory},
        {.name = "threads_reuse_descriptors", .attempt = races_with_reader},
    };
}

} // namespace snoop::test
