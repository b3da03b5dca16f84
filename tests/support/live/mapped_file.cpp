// SPDX-License-Identifier: BSD-2-Clause
#include "mapped_file.hpp"
#include "hooks.hpp"
#include "load.hpp"

#include <sys/sdt.h>

#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>
#include <utility>

extern "C" [[gnu::noinline]] void snoop_answer() { DTRACE_PROBE(snooptest, answer); }

namespace snoop::test {
namespace {

// One call for each byte on stdin, which it answers.
const Load answering{"answering", [](const std::vector<std::string> &args) {
                         const std::string what = args.empty() ? "" : args[0];
                         char byte = 0;
                         if (what == "covered")
                             cover(args.at(1));
                         else if (what == "chroot" && (chroot(args.at(1).c_str()) != 0 || chdir("/") != 0))
                             return 1;
                         while (read(STDIN_FILENO, &byte, 1) == 1) {
                             snoop_answer();
                             if (write(STDOUT_FILENO, &byte, 1) != 1)
                                 return 1;
                         }
                         return 0;
                     }};

} // namespace

Answering::Answering(const std::string &path, const std::vector<std::string> &args, const std::function<void()> &before)
{
    auto [to_out, to_in] = make_pipe();
    auto [from_out, from_in] = make_pipe();
    Exec copy = answering.exec(args);

    copy.path = path;
    copy.argv = args;
    copy.argv.insert(copy.argv.begin(), path);
    process_.emplace([&, &to_out = to_out, &from_in = from_in] {
        before();
        dup2(to_out.get(), STDIN_FILENO);
        dup2(from_in.get(), STDOUT_FILENO);
        exec_now(copy);
    });
    to_ = std::move(to_in);
    from_ = std::move(from_out);
}

void Answering::call()
{
    char byte = 'x';

    ASSERT_EQ(write(to_.get(), &byte, 1), 1);
    ASSERT_EQ(read(from_.get(), &byte, 1), 1);
}

const std::vector<Change> every_change{{"renamed", "moved"},  {"deleted", "traced"}, {"replaced", "traced"},
                                       {"covered", "traced"}, {"chroot", "traced"},  {"namespace", "traced"}};

void MappedFile::SetUp()
{
    SNOOP_NEEDS(uprobe);
    std::filesystem::copy_file(Load::self(), path);
}

Answering MappedFile::start()
{
    const std::string &change = GetParam().name;
    std::vector<std::string> args;
    std::function<void()> before = [] {};

    if (change == "covered")
        args = {"covered", above};
    else if (change == "chroot")
        args = {"chroot", dir.folder("jail")};
    if (change == "covered")
        before = [] { private_mounts(); };
    else if (change == "namespace")
        before = [this] {
            const std::string kept = dir.at("kept");
            std::filesystem::rename(path, kept);
            private_mounts();
            cover(above, "size=200m,mode=755");
            std::filesystem::copy_file(kept, path);
        };
    Answering process{path, args, before};
    process.call(); // the above has happened
    if (change == "renamed")
        std::filesystem::rename(path, above + "/moved");
    else if (change == "deleted")
        std::filesystem::remove(path);
    else if (change == "replaced")
        std::filesystem::rename(dir.program("other"), path);
    return process;
}

std::vector<std::string> MappedFile::binaries() const
{
    return {GetParam().now, "[mt]*e[d]", above + "/" + GetParam().now};
}

struct Shrinking::Writer {
    explicit Writer(std::string file) : path(std::move(file)) {}

    void run() const
    {
        while (!ended) {
            std::filesystem::resize_file(path, 4096);
            const Fd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
            for (std::size_t at = 0; at < whole.size();) {
                const ssize_t n = pwrite(file.get(), &whole[at], whole.size() - at, static_cast<off_t>(at));
                if (n <= 0)
                    return;
                at += static_cast<std::size_t>(n);
            }
        }
    }

    const std::string path, whole = read_file(path);
    std::atomic<bool> ended = false;
    std::thread thread{[this] { run(); }};
};

Shrinking::Shrinking(std::string path) : writer_(std::make_unique<Writer>(std::move(path))) {}

Shrinking::~Shrinking()
{
    writer_->ended = true;
    writer_->thread.join();
}

} // namespace snoop::test
