"""Prints every command of the stock clients that is about share groups, with the spellings of each of its options, as JSON."""
import importlib.metadata
import json

from manilaclient.v2 import shell

# Commands about shares that take a group.
OF_SHARES = {"openstack": ["share create", "share list", "share delete"], "manila": ["create", "list", "delete"]}


def openstack():
    for point in importlib.metadata.entry_points(group="openstack.share.v2"):
        words = point.name.replace("_", " ")
        if words.startswith("share group") or words in OF_SHARES["openstack"]:
            parser = point.load()(None, None).get_parser(words)
            # The first group is the command's own; how the output looks has groups of its own.
            own = [action.option_strings for action in parser._optionals._group_actions]
            yield words, [spellings for spellings in own if spellings and "--help" not in spellings]


def manila():
    for name in dir(shell):
        words = name.removeprefix("do_").replace("_", "-")
        if name.startswith("do_share_group") or (name.startswith("do_") and words in OF_SHARES["manila"]):
            declared = [spellings for spellings, _ in getattr(shell, name).arguments]
            yield words, [list(spellings) for spellings in declared if spellings[0].startswith("-")]


def about_groups(client, commands):
    return [
        {
            "words": words,
            "ofShares": words in OF_SHARES[client],
            "options": [one for one in options if words not in OF_SHARES[client] or "--share-group" in one],
        }
        for words, options in commands
    ]


print(json.dumps({"openstack": about_groups("openstack", openstack()), "manila": about_groups("manila", manila())}))
