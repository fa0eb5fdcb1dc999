"""The text of Groupe SOS and its sentences."""


def test_sentences_of_the_real_text(built):
    """The text of Groupe SOS has thirty sentences, numbered from 1, the first being its title."""
    document = built.documents[0]
    words = [document.text[one.start : one.end] for one in document.sentences]

    assert [one.number for one in document.sentences] == list(range(1, 31))
    assert words[0] == "Le Groupe SOS"
    assert words[5] == "Voici quelques-unes de ses réponses et innovations :"
    assert words[7].startswith("Par ailleurs, le Groupe SOS a été l’une des organisations")
    assert words[23].startswith("Cela permet non seulement de libérer des lits d’hôpitaux, mais aussi")
    assert words[26].endswith("pour une nouvelle approche du développement international, etc.")
    assert words[27].startswith("Pour une société où personne n’est exclu")
    assert words[29].endswith("font partie intégrante de l’ADN du Groupe SOS.")


def test_sentences_cover_the_text(built):
    """Between two sentences there is nothing but white space, and no sentence begins or ends with any."""
    document = built.documents[0]
    place = 0
    for one in document.sentences:
        assert not document.text[place : one.start].strip()
        assert document.text[one.start : one.end] == document.text[one.start : one.end].strip()
        place = one.end
    assert not document.text[place:].strip()
